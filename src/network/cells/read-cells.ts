import { isDeepStrictEqual } from "node:util";
import { isWide, type Layer, type LayerKind, type LayerOf } from "../layer.ts";
import { type Network, placeLayers } from "../network.ts";
import {
  type CellStack,
  type CellStage,
  type ConvolutionalCell,
  cellNetwork,
  type NodeOperation,
} from "./convolutional-cell.ts";
import { completeWiring, type Edge } from "./wiring.ts";

/** A network of one cell repeated, taken apart. */
export interface CellsOfNetwork {
  readonly cell: ConvolutionalCell;
  readonly stack: CellStack;
}

/** The cell and the stack that `cellNetwork` makes exactly this network of; undefined where there are none. */
export function cellsOf(network: Network): CellsOfNetwork | undefined {
  const cell = firstCell(network);
  const stack = cell && stackOf(network);
  if (!stack) return undefined;
  return isDeepStrictEqual(cellNetwork(cell, stack), network) ? { cell, stack } : undefined;
}

/** What every search over wirings can fall back on: cells of one edge, to the costlier of the two operations. */
export const smallestCells = (stack: CellStack): Network =>
  cellNetwork({ wiring: completeWiring(2), operations: ["separable3x3"] }, stack);

const prefix = "stage1-cell1-";

/** What the names of the first cell's layers say; nodes left out count as 1x1 convolutions. */
function firstCell({ layers }: Network): ConvolutionalCell | undefined {
  const named = new Map(layers.map((layer) => [layer.name, layer]));
  const nodes = layers.flatMap(({ name }) => {
    const node = name.startsWith(prefix) ? /^node(\d+)$/.exec(name.slice(prefix.length)) : null;
    return node ? [Number(node[1])] : [];
  });
  const last = Math.max(0, ...nodes);
  if (last === 0) return undefined;
  const depthwiseOf = (node: number) => named.get(`${prefix}node${node}-depthwise`);
  const edges = nodes.flatMap((head) => {
    const reader = depthwiseOf(head) ?? named.get(`${prefix}node${head}`);
    const [read = ""] = reader?.inputs ?? [];
    const source = named.get(read);
    const tails =
      source?.kind === "concat" && read.startsWith(`${prefix}read`) ? source.inputs : [read];
    return tails.map((tail): Edge => [nodeOf(tail), head]);
  });
  const operations = Array.from(
    { length: last },
    (_, i): NodeOperation => (depthwiseOf(i + 1) ? "separable3x3" : "conv1x1"),
  );
  const ordered = edges.sort(([a, b], [c, d]) => a - c || b - d);
  return { wiring: { nodes: last + 1, edges: ordered }, operations };
}

/** Anything but a node is the cell's input. */
const nodeOf = (layer: string): number => Number(/^stage1-cell1-node(\d+)$/.exec(layer)?.[1] ?? 0);

function stackOf(network: Network): CellStack | undefined {
  const { name, input, layers } = network;
  const stem = ofKind(
    "conv2d",
    layers.find((layer) => layer.name === "stem"),
  );
  const headLayer = ofKind(
    "conv2d",
    layers.find((layer) => layer.name === "head"),
  );
  const classifier = placeLayers(network).at(-1);
  const stages: CellStage[] = [];
  for (let s = 1; ; s++) {
    const own = layers.filter((layer) => layer.name.startsWith(`stage${s}-cell`));
    const node = own.find((layer) => /-node\d+$/.test(layer.name) && isWide(layer));
    if (!node || !isWide(node)) break;
    const cells = new Set(own.map((layer) => layer.name.split("-")[1])).size;
    const pools = own.some((layer) => layer.kind === "pool");
    stages.push({ cells, filters: node.width, pool: pools ? 2 : 1 });
  }
  if (!stem || !classifier || stages.length === 0) return undefined;
  return {
    name,
    input,
    stem: { width: stem.width, stride: stem.stride },
    stages,
    ...(headLayer ? { headWidth: headLayer.width } : {}),
    classes: classifier.out.channels,
    residual: layers.some((layer) => layer.name === `${prefix}sum`),
    activation: stem.activation,
  };
}

const ofKind = <K extends LayerKind>(kind: K, layer: Layer | undefined): LayerOf<K> | undefined =>
  layer?.kind === kind ? (layer as LayerOf<K>) : undefined;
