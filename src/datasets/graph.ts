import { join } from "node:path";
import { z } from "zod";
import { UserError, unknownName } from "../errors.ts";
import { readDataFile } from "./checked-file.ts";
import { datasetsFolder } from "./registry.ts";

/** One undirected graph whose nodes have features and classes: nodes of one citation network each cite others. */
export interface Graph {
  readonly name: string;
  readonly nodes: number;
  readonly features: number;
  readonly classes: number;
  /** [edges, 2]: both ends of every edge once, no loops. */
  readonly edges: Int32Array;
  /** Present features of node i: featureIndices[featureOffsets[i]] up to featureOffsets[i + 1]. */
  readonly featureOffsets: Int32Array;
  readonly featureIndices: Int32Array;
  /** [nodes]; -1 where unknown. */
  readonly labels: Int32Array;
  readonly train: Int32Array;
  readonly validation: Int32Array;
  readonly test: Int32Array;
}

/** Planetoid's citation networks (Yang et al. 2016) with their public split. */
export const graphNames = ["cora", "citeseer", "pubmed"] as const;

export const isGraphName = (data: string): boolean =>
  graphNames.some((name) => data === name || data.startsWith(`${name}:`));

/** Splits of a citation network's nodes besides the file's own. */
export const graphSplits = ["public", "full", "complete"] as const;
export type GraphSplit = (typeof graphSplits)[number];

/** Held-out and test nodes of the complete split, each. */
const completeHeldOut = 500;

/**
 * The graph with another split: `public`, the file's own; `full`, trained on every labelled node outside its held-out and test parts; `complete`,
 * on the first nodes in order, the last 500 tested, the 500 before held out (Chen et al. 2018, section 4).
 */
export function withSplit(graph: Graph, split: GraphSplit): Graph {
  if (split === "public") return graph;
  const labelled = Int32Array.from(graph.labels.keys()).filter(
    (node) => (graph.labels[node] ?? -1) >= 0,
  );
  if (split === "full") {
    const others = new Set([...graph.validation, ...graph.test]);
    return { ...graph, train: labelled.filter((node) => !others.has(node)) };
  }
  const train = labelled.length - 2 * completeHeldOut;
  if (train < 1)
    throw new UserError(
      `${graph.name} has ${labelled.length} labelled nodes, too few for the complete split, which holds ${2 * completeHeldOut} out`,
      { hint: "Use the public or the full split.", exit: "usage" },
    );
  return {
    ...graph,
    train: labelled.slice(0, train),
    validation: labelled.slice(train, train + completeHeldOut),
    test: labelled.slice(train + completeHeldOut),
  };
}

/** Loads NAME or NAME:FOLDER, the folder holding NAME.json. A missing, damaged or contradictory file is a UserError. */
export async function loadGraph(data: string): Promise<Graph> {
  const colon = data.indexOf(":");
  const name = colon < 0 ? data : data.slice(0, colon);
  if (!graphNames.some((known) => known === name)) throw unknownName("graph", name, graphNames);
  const folder = colon < 0 ? join(datasetsFolder(), "planetoid") : data.slice(colon + 1);
  const path = join(folder, `${name}.json`);
  const bytes = await readDataFile(
    path,
    `Give the folder of ${name}.json: --data ${name}:FOLDER (docs/graphs.md has its form).`,
  );
  return parseGraph(new TextDecoder().decode(bytes), path);
}

const count = z.int().positive();
const indices = z.array(z.int().nonnegative());
const fileSchema = z.object({
  name: z.string(),
  numNodes: count,
  numFeatures: count,
  numClasses: count,
  edges: indices,
  featIndptr: indices,
  featIndices: indices,
  labels: z.array(z.int().min(-1)),
  train: indices.min(1),
  val: indices.min(1),
  test: indices.min(1),
});

/** Parses the text of a graph's file; `source` names it in errors. */
export function parseGraph(text: string, source: string): Graph {
  const parsed = fileSchema.safeParse(parseJson(text, source));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw noGraph(source, `${issue?.path.join(".") || "the top"}: ${issue?.message}`, parsed.error);
  }
  const file = parsed.data;
  const problem = contradiction(file);
  if (problem) throw noGraph(source, problem);
  return {
    name: file.name,
    nodes: file.numNodes,
    features: file.numFeatures,
    classes: file.numClasses,
    edges: Int32Array.from(file.edges),
    featureOffsets: Int32Array.from(file.featIndptr),
    featureIndices: Int32Array.from(file.featIndices),
    labels: Int32Array.from(file.labels),
    train: Int32Array.from(file.train),
    validation: Int32Array.from(file.val),
    test: Int32Array.from(file.test),
  };
}

/** What parts of the file say against each other; undefined where they agree. */
function contradiction(file: z.infer<typeof fileSchema>): string | undefined {
  const { numNodes, numFeatures, numClasses, edges, featIndptr, featIndices, labels } = file;
  const known = [...file.train, ...file.val, ...file.test];
  const rules: readonly (readonly [boolean, string])[] = [
    [labels.length === numNodes, `${labels.length} labels for ${numNodes} nodes`],
    [labels.every((label) => label < numClasses), `a label of ${numClasses} or more`],
    [edges.length % 2 === 0, "an edge with one end"],
    [edges.every((node) => node < numNodes), `an edge to a node of ${numNodes} or more`],
    [
      edges.every((node, i) => i % 2 === 1 || node !== edges[i + 1]),
      "an edge from a node to itself",
    ],
    [featIndptr.length === numNodes + 1, `${featIndptr.length} feature offsets`],
    [
      featIndptr.every((at, i) => i === 0 || at >= (featIndptr[i - 1] ?? 0)) &&
        featIndptr.at(-1) === featIndices.length,
      "feature offsets that do not rise to the number of features listed",
    ],
    [featIndices.every((feature) => feature < numFeatures), `a feature of ${numFeatures} or more`],
    [known.every((node) => (labels[node] ?? -1) >= 0), "a node without label in a split"],
    [new Set(known).size === known.length, "a node in two splits"],
  ];
  return rules.find(([holds]) => !holds)?.[1];
}

function parseJson(text: string, source: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw noGraph(source, "not JSON", cause);
  }
}

const noGraph = (source: string, problem: string, cause?: unknown): UserError =>
  new UserError(`${source} is no graph: ${problem}`, {
    hint: "docs/graphs.md describes the file.",
    exit: "usage",
    cause,
  });
