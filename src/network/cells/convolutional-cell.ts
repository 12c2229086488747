import { type Random, shuffled } from "../../random.ts";
import type { Activation, Layer, Shape } from "../layer.ts";
import { type Network, networkInput, placeLayers } from "../network.ts";
import { conv, depthwise, head } from "../presets/building.ts";
import { reachableNodes, requireCell, sinksOf, tailsOf, type Wiring } from "./wiring.ts";

/** What a node does: a depthwise 3x3 and a 1x1 convolution, or a 1x1 convolution alone, each with batch norm and activation. */
export const nodeOperations = ["separable3x3", "conv1x1"] as const;
export type NodeOperation = (typeof nodeOperations)[number];

export interface ConvolutionalCell {
  readonly wiring: Wiring;
  /** Of nodes 1 to N - 1; node 0 is the cell's input. */
  readonly operations: readonly NodeOperation[];
}

/** Cells of one number of filters, one after the other; the first halves the resolution where `pool` is 2. */
export interface CellStage {
  readonly cells: number;
  readonly filters: number;
  readonly pool: 1 | 2;
}

/** A network of one cell repeated: stem, stages, a 1x1 convolution where `headWidth` is given, mean over positions, classifier. */
export interface CellStack {
  readonly name: string;
  readonly input: Shape;
  readonly stem: { readonly width: number; readonly stride: number };
  readonly stages: readonly CellStage[];
  readonly headWidth?: number;
  readonly classes: number;
  readonly residual: boolean;
  readonly activation: Activation;
}

/** Operations of nodes 1 to `nodes - 1` in an order drawn by chance: as many of one as of the other, or one 1x1 more (AutoShrink's release). */
export const drawOperations = (nodes: number, random: Random): readonly NodeOperation[] =>
  shuffled(alternatingOperations(nodes), random);

/** 1x1 convolutions at odd nodes, separable ones at even nodes. */
export const alternatingOperations = (nodes: number): readonly NodeOperation[] =>
  Array.from({ length: nodes - 1 }, (_, i): NodeOperation => (i % 2 ? "separable3x3" : "conv1x1"));

/**
 * The network of a cell (AutoShrink, arXiv 1911.09251; the rules are its release's). Several inputs of a node are
 * concatenated along channels; the cell's output is the concatenation of its sinks, plus, in a residual network, its input,
 * through a 1x1 convolution where shapes differ; sinks are then linear. Nodes that no path leads to are left out. Throws a
 * UserError on what is no cell.
 */
export function cellNetwork(cell: ConvolutionalCell, stack: CellStack): Network {
  requireCell(cell.wiring, cell.operations);
  const { name, input, stem, stages, headWidth, classes, activation } = stack;
  const layers: Layer[] = [conv("stem", stem.width, { stride: stem.stride, activation })];
  for (const [s, { cells, filters, pool: pooling }] of stages.entries())
    for (let c = 0; c < cells; c++) {
      const [before] = placeLayers({ name, input, layers }).slice(-1);
      layers.push(
        ...cellLayers(cell, {
          prefix: `stage${s + 1}-cell${c + 1}-`,
          from: before?.layer.name ?? networkInput,
          image: before?.out ?? input,
          filters,
          pool: c === 0 ? pooling : 1,
          residual: stack.residual,
          activation,
        }),
      );
    }
  if (headWidth !== undefined) layers.push(conv("head", headWidth, { kernelSize: 1, activation }));
  return { name, input, layers: [...layers, ...head(classes)] };
}

interface CellPlace {
  readonly prefix: string;
  /** The layer that the cell reads, and its shape. */
  readonly from: string;
  readonly image: Shape;
  readonly filters: number;
  readonly pool: 1 | 2;
  readonly residual: boolean;
  readonly activation: Activation;
}

/** The layers of one cell; the last one is its output. */
function cellLayers({ wiring, operations }: ConvolutionalCell, place: CellPlace): Layer[] {
  const { prefix, from, image, filters, residual, activation } = place;
  const pooled = place.pool === 1 ? [] : [halved(`${prefix}pool`, from, image)];
  const nameOf = (node: number) =>
    node === 0 ? (pooled[0]?.name ?? from) : `${prefix}node${node}`;
  const sinks = sinksOf(wiring);
  const nodes = [...reachableNodes(wiring)].filter((node) => node > 0);
  const inner = nodes.flatMap((node): readonly Layer[] => {
    const read = joined(`${prefix}read${node}`, tailsOf(wiring, node).map(nameOf));
    const options = {
      kernelSize: 1,
      activation: residual && sinks.includes(node) ? "linear" : activation,
    } as const;
    return operations[node - 1] === "separable3x3"
      ? [
          ...read.layers,
          { ...depthwise(`${nameOf(node)}-depthwise`, 1), activation, inputs: [read.name] },
          conv(nameOf(node), filters, options),
        ]
      : [...read.layers, conv(nameOf(node), filters, { ...options, inputs: [read.name] })];
  });
  const output = joined(`${prefix}sinks`, sinks.map(nameOf));
  const body = [...inner, ...output.layers];
  if (!residual) return [...pooled, ...body];
  const width = sinks.length * filters;
  const fits = place.pool === 1 && image.channels === width;
  const shortcut = conv(`${prefix}shortcut`, width, {
    kernelSize: 1,
    stride: place.pool,
    activation: "linear",
    inputs: [from],
  });
  return [
    ...pooled,
    ...(fits ? [] : [shortcut]),
    ...body,
    {
      kind: "add",
      name: `${prefix}sum`,
      inputs: [output.name, fits ? from : shortcut.name],
      activation: "linear",
    },
  ];
}

/** Windows of 2x2, which reach over the edge of an image of odd size. */
function halved(name: string, from: string, { height, width }: Shape): Layer {
  const padding = height % 2 === 0 && width % 2 === 0 ? "valid" : "same";
  return { kind: "pool", name, mode: "max", size: 2, stride: 2, padding, inputs: [from] };
}

/** One layer as it is, several concatenated. */
function joined(
  name: string,
  [first = "", second, ...others]: readonly string[],
): { readonly name: string; readonly layers: readonly Layer[] } {
  return second === undefined
    ? { name: first, layers: [] }
    : { name, layers: [{ kind: "concat", name, inputs: [first, second, ...others] }] };
}
