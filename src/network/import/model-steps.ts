import type { ElementType, ModelOutline, OutlineNode } from "../../onnx/index.ts";
import type { Kernel } from "../kernel.ts";
import type {
  Activation,
  Conv2dLayer,
  DenseLayer,
  DepthwiseConv2dLayer,
  Layer,
  Shape,
} from "../layer.ts";
import { bytesPerValue, type Work } from "../work.ts";
import { activationOf, gatedBySelf } from "./activations.ts";
import { dealsChannels, layerOf } from "./model-layers.ts";
import { attributes, type Known, sizeOf } from "./node-values.ts";
import type { FoldedModel } from "./quantised.ts";

/** One or more nodes of a model as the runtime executes them. */
export interface ModelStep {
  readonly name: string;
  /** Names of the nodes, in order: what is folded into the first one follows it. */
  readonly nodes: readonly string[];
  /** The first node's operator. */
  readonly op: string;
  /** Names of the steps read; the model's inputs by their own names. */
  readonly inputs: readonly string[];
  readonly in: Shape;
  readonly out: Shape;
  /** What it computes in. */
  readonly dtype: Kernel["dtype"];
  /** The step as a layer of ours; absent where no kind of layer is that. */
  readonly layer?: Layer;
  readonly work: Work;
}

/** What of a node a step is. */
interface StepPart {
  readonly name: string;
  readonly read: readonly string[];
  readonly given: readonly string[];
  /** Which of the equal runs that the node cuts its input into. */
  readonly part?: number;
}

interface Draft extends Omit<ModelStep, "layer" | "nodes"> {
  readonly nodes: string[];
  layer?: Layer;
}

/** Operators that give what they read, under another shape at most: nothing is executed or moved. */
const views = new Set([
  ...["Identity", "Dropout", "Flatten", "Reshape", "Squeeze", "Unsqueeze", "Cast"],
]);
/** What exporters compute about shapes; it has no image. */
const aboutShapes = new Set(["Shape", "ConstantOfShape", "Constant"]);

/** A model's nodes as steps: batch norm and activations folded into what they follow, as runtimes do. */
export function modelSteps({ model, int8 }: FoldedModel, known: Known): readonly ModelStep[] {
  const reading = new Reading(model, known, int8);
  for (const node of model.nodes) reading.take(node);
  return reading.steps;
}

/** Walks the nodes and remembers which step gives which value. */
class Reading {
  readonly steps: Draft[] = [];
  readonly #known: Known;
  readonly #origin = new Map<string, Draft | string>();
  readonly #constants: ReadonlySet<string>;
  readonly #readers: ReadonlyMap<string, number>;
  readonly #gates: ReturnType<typeof gatedBySelf>;
  readonly #int8: FoldedModel["int8"];
  readonly #bytes: ReadonlyMap<string, number>;

  constructor(model: ModelOutline, known: Known, int8: FoldedModel["int8"]) {
    this.#known = known;
    this.#int8 = int8;
    this.#bytes = new Map(model.constants.map(({ name, type }) => [name, bytesOf[type] ?? 4]));
    for (const { name } of model.inputs) this.#origin.set(name, name);
    this.#constants = new Set(model.constants.map(({ name }) => name));
    this.#gates = gatedBySelf(model);
    const readers = new Map<string, number>();
    for (const name of [
      ...model.nodes.flatMap(({ inputs }) => inputs),
      ...model.outputs.map(({ name }) => name),
    ])
      readers.set(name, (readers.get(name) ?? 0) + 1);
    this.#readers = readers;
  }

  take(node: OutlineNode): void {
    const read = node.inputs.filter((name) => this.#origin.has(name));
    const [first] = read;
    // Arithmetic on shapes and constants happens once, when the model is loaded.
    if (first === undefined || aboutShapes.has(node.op)) return;
    if (this.#known.get(node.outputs[0] ?? "")?.values) return;
    if (this.#gates.parts.has(node.name)) return;
    if (views.has(node.op) || this.#padsNothing(node))
      this.#give(node.outputs, this.#origin.get(first) ?? first);
    else if (!this.#fold(node, first)) this.#begin(node, read);
  }

  /** A step for all that the node gives, or for each of the equal runs that it cuts. */
  #begin(node: OutlineNode, read: readonly string[]): void {
    const given = node.outputs.filter((name) => name !== "");
    const shapes = given.map((name) => this.#known.get(name)?.shape.join());
    const isCut = node.op === "Split" && given.length > 1 && new Set(shapes).size === 1;
    const parts: readonly StepPart[] = isCut
      ? given.map((run, part) => ({ name: `${node.name}.${part}`, read, given: [run], part }))
      : [{ name: node.name, read, given }];
    for (const part of parts) this.#beginStep(node, part);
  }

  #give(outputs: readonly string[], origin: Draft | string): void {
    for (const output of outputs) if (output !== "") this.#origin.set(output, origin);
  }

  /** Joins the step before where the runtime does: then no time of its own. */
  #fold(node: OutlineNode, first: string): boolean {
    const gate = this.#gates.activations.get(node.name);
    const value = gate?.of ?? first;
    const step = this.#origin.get(value);
    const isOnlyReader = this.#readers.get(value) === (gate ? 2 : 1);
    if (typeof step !== "object" || !isOnlyReader) return false;
    const activation = gate?.activation ?? activationOf(node, this.#known);
    const joins = step.layer
      ? this.#joinLayer(step, step.layer, node, activation)
      : activation !== undefined &&
        step.op === "Conv" &&
        step.nodes.length === 1 + (this.#int8.get(step.name)?.length ?? 0);
    if (!joins) return false;
    step.nodes.push(...(gate?.nodes ?? []), node.name);
    this.#give(node.outputs, step);
    return true;
  }

  #joinLayer(
    step: Draft,
    layer: Layer,
    node: OutlineNode,
    activation: Activation | undefined,
  ): boolean {
    if (!("activation" in layer) || layer.activation !== "linear") return false;
    if (activation) step.layer = { ...layer, activation };
    else if (this.#isBias(node, layer)) step.layer = { ...layer, bias: true };
    else return false;
    return true;
  }

  /** Batch norm after a convolution, whose weights take it in, or a constant added to a product. */
  #isBias(
    node: OutlineNode,
    layer: Layer,
  ): layer is Conv2dLayer | DepthwiseConv2dLayer | DenseLayer {
    return node.op === "BatchNormalization"
      ? "batchNorm" in layer
      : node.op === "Add" && layer.kind === "dense" && this.#addsConstant(node);
  }

  #padsNothing(node: OutlineNode): boolean {
    const pads = attributes(node).list("pads") ?? this.#known.get(node.inputs[1] ?? "")?.values;
    return node.op === "Pad" && (pads?.every((length) => length === 0) ?? false);
  }

  #addsConstant({ inputs }: OutlineNode): boolean {
    return inputs.some((name) => this.#constants.has(name));
  }

  #beginStep(node: OutlineNode, { name, read, given, part }: StepPart): void {
    const shapes = (names: readonly string[]) =>
      names.map((name) => this.#known.get(name)?.shape ?? []);
    const inputs = shapes(read);
    const constants = node.inputs.filter((name) => this.#constants.has(name));
    const outputs = shapes(given);
    const [input = [], output = []] = [inputs[0], outputs[0]];
    const value = this.#gates.activations.get(node.name)?.of ?? read[0] ?? "";
    const folded = this.#int8.get(node.name);
    const dtype = folded ? "int8" : "float32";
    const bytes = bytesPerValue[dtype];
    const weightBytes = sum(
      constants.map((constant) => {
        // What is looked up in a table is read of it, not all of it.
        const shape = node.op === "Gather" ? output : (this.#known.get(constant)?.shape ?? []);
        return (this.#bytes.get(constant) ?? bytes) * sizeOf(shape);
      }),
    );
    const step: Draft = {
      name,
      nodes: [node.name, ...(folded ?? [])],
      op: node.op,
      inputs: [...new Set(read.length > 0 ? read : [value])].map((input) => {
        const origin = this.#origin.get(input) ?? input;
        return typeof origin === "string" ? origin : origin.name;
      }),
      in: imageOf(node, node.op === "Concat" ? output : input),
      out: imageOf(node, output),
      dtype,
      work: {
        ...macsOf(node, output, this.#known),
        dtype,
        movedBytes:
          bytes *
          ((part === undefined ? sum(inputs.map(sizeOf)) : sizeOf(output)) +
            sum(outputs.map(sizeOf))),
        weightBytes,
      },
    };
    const layer = layerOf(node, { known: this.#known, read, step, part });
    if (layer) step.layer = layer;
    this.steps.push(step);
    this.#give(given, step);
  }
}

/** Of constants as they are stored; others are as long as what the step computes in. */
const bytesOf: Partial<Record<ElementType, number>> = {
  ...{ int8: 1, uint8: 1, int16: 2, uint16: 2, float16: 2, bfloat16: 2 },
  ...{ int32: 4, float32: 4, int64: 8, float64: 8 },
};

const sum = (values: readonly number[]): number =>
  values.reduce((total, value) => total + value, 0);

/** An image [batch, channels, height, width], its channels dealt into groups or not, or anything else as so many channels. */
function imageOf(node: OutlineNode, [_batch = 1, ...rest]: readonly number[]): Shape {
  const [channels = 1, height = 1, width = 1] = rest;
  const [groups = 1, each = 1, down = 1, across = 1] = rest;
  if (dealsChannels(node)) return { height: down, width: across, channels: groups * each };
  return rest.length === 3
    ? { height, width, channels }
    : { height: 1, width: 1, channels: Math.max(1, sizeOf(rest)) };
}

function macsOf(
  node: OutlineNode,
  output: readonly number[],
  known: Known,
): Pick<Work, "kind" | "macs"> {
  const shape = (input: number) => known.get(node.inputs[input] ?? "")?.shape ?? [];
  if (node.op === "Conv" || node.op === "ConvTranspose") {
    const filter = shape(1);
    const isDepthwise = filter[1] === 1 && attributes(node).number("group", 1) > 1;
    const macs = sizeOf(filter.slice(1)) * sizeOf(output);
    return { kind: isDepthwise ? "depthwise" : "convolution", macs };
  }
  if (node.op === "Gemm" || node.op === "MatMul")
    return { kind: "dense", macs: (shape(0).at(-1) ?? 1) * sizeOf(output) };
  return { kind: /Pool$|^Reduce/.test(node.op) ? "pool" : "move", macs: 0 };
}
