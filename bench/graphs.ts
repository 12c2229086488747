import { parseArgs } from "node:util";
import type { Graph } from "../src/datasets/index.ts";
import { type Random, seededRandom } from "../src/random.ts";
import { createEngine } from "../src/tensor/index.ts";
import { GraphTrainer } from "../src/training/graph/graph-trainer.ts";
import { kfacDefaults } from "../src/training/kfac/kfac.ts";
import { sgd } from "../src/training/optimizers.ts";

/** Most resident memory of a training by SGD on natural gradients, on a graph drawn by chance; PubMed's sizes unless asked otherwise. */
export async function run(argv: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      nodes: { type: "string", default: "19717" },
      features: { type: "string", default: "500" },
      present: { type: "string", default: "50" },
      edges: { type: "string", default: "44324" },
      epochs: { type: "string", default: "5" },
      threads: { type: "string", default: "1" },
    },
  });
  const graph = drawnGraph(seededRandom(1), {
    nodes: Number(values.nodes),
    features: Number(values.features),
    present: Number(values.present),
    edges: Number(values.edges),
  });
  const engine = await createEngine({ backend: "onnx-cpu", threads: Number(values.threads) });
  const trainer = new GraphTrainer(engine, graph);
  const start_ms = performance.now();
  await trainer.run({
    optimizer: sgd(),
    learningRate: 0.01,
    epochs: Number(values.epochs),
    dropout: 0.5,
    kfac: { ...kfacDefaults, damping: 0.001, every: 2 },
    seed: 1,
  });
  const took_s = (performance.now() - start_ms) / 1000;
  await trainer.release();
  await engine.close();
  const { nodes, edges } = graph;
  console.table([
    {
      nodes,
      edges: edges.length / 2,
      took_s: Number(took_s.toFixed(1)),
      most_resident_mb: Math.round(process.resourceUsage().maxRSS / 1e3),
    },
  ]);
}

interface GraphSize {
  readonly nodes: number;
  readonly features: number;
  /** Of every node. */
  readonly present: number;
  readonly edges: number;
}

function drawnGraph(random: Random, { nodes, features, present, edges }: GraphSize): Graph {
  const classes = 3;
  const ends = new Set<string>();
  while (ends.size < edges) {
    const [a, b] = [random.below(nodes), random.below(nodes)];
    if (a < b) ends.add(`${a} ${b}`);
  }
  const chosen = Array.from({ length: nodes }, () => {
    const own = new Set<number>();
    while (own.size < present) own.add(random.below(features));
    return [...own];
  });
  const range = (from: number, to: number) =>
    Int32Array.from({ length: to - from }, (_, i) => from + i);
  return {
    ...{ name: "drawn", nodes, features, classes },
    edges: Int32Array.from([...ends].flatMap((pair) => pair.split(" ").map(Number))),
    featureOffsets: Int32Array.from({ length: nodes + 1 }, (_, node) => node * present),
    featureIndices: Int32Array.from(chosen.flat()),
    labels: Int32Array.from({ length: nodes }, () => random.below(classes)),
    train: range(0, 60),
    validation: range(60, 560),
    test: range(560, 1560),
  };
}
