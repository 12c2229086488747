import { seededRandom } from "../../src/random.ts";

/** The text of a graph file: classes that cite themselves and share features, drawn under a seed. */
export function smallGraphFile({ nodes = 90, classes = 3, seed = 0 } = {}) {
  const random = seededRandom(seed);
  const labels = Array.from({ length: nodes }, (_, node) => node % classes);
  const features = 4 * classes;
  const featIndptr = [0];
  const featIndices: number[] = [];
  for (const label of labels) {
    const own = Array.from({ length: features }, (_, feature) => feature).filter(
      (feature) => random.uniform() < (feature % classes === label ? 0.6 : 0.1),
    );
    featIndices.push(...own);
    featIndptr.push(featIndices.length);
  }
  const edges: number[] = [];
  for (let a = 0; a < nodes; a++)
    for (let b = a + 1; b < nodes; b++)
      if (random.uniform() < (labels[a] === labels[b] ? 0.15 : 0.01)) edges.push(a, b);
  const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);
  return {
    name: "small",
    numNodes: nodes,
    numFeatures: features,
    numClasses: classes,
    edges,
    featIndptr,
    featIndices,
    labels,
    train: range(0, 15),
    val: range(15, 45),
    test: range(45, nodes),
  };
}
