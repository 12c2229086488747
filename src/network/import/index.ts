import { UserError } from "../../errors.ts";
import { type ModelOutline, readOutline } from "../../onnx/index.ts";
import { type Kernel, kernelOf } from "../kernel.ts";
import type { Layer, Shape } from "../layer.ts";
import { describeShape, type Network, networkInput, placeLayers } from "../network.ts";
import { type ModelStep, modelSteps } from "./model-steps.ts";
import { inferShapes } from "./node-shapes.ts";
import { foldQuantised } from "./quantised.ts";

export type { ModelStep } from "./model-steps.ts";

/** A model by any writer, as far as its cost depends on it. */
export interface ImportedModel {
  readonly name: string;
  readonly opset: number;
  /** Images that one run takes: 1 where the model leaves it free. */
  readonly batch: number;
  /** What a run is given, with the batch at 1 where the model leaves it free. */
  readonly inputs: readonly { readonly name: string; readonly shape: readonly number[] }[];
  readonly steps: readonly ModelStep[];
  /** int8 where all is computed in integers but for what is converted at both ends. */
  readonly precision: Kernel["dtype"];
  /**
   * The same as a network of ours in that precision, where every step is a layer and one image is read. Where a dense layer reads a flattened image,
   * a global pool and a dense layer that gives as many features stand before it.
   */
  readonly network?: Network;
}

/** Reads an ONNX file without its weights. Throws a UserError on files that are damaged, of integer operators, or too free in their sizes. */
export const importModel = (path: string): ImportedModel => stepsOf(readOutline(path), path);

/** The same of an outline already read; `source` names it in errors. */
export function stepsOf(model: ModelOutline, source: string): ImportedModel {
  requireReadable(model, source);
  const known = inferShapes(model, source);
  const steps = modelSteps(foldQuantised(model), known);
  if (steps.length === 0)
    throw new UserError(`${source} computes nothing of its input`, {
      hint: "Give a model that reads an image.",
      exit: "usage",
    });
  const precision = innerSteps(steps).every(({ dtype }) => dtype === "int8") ? "int8" : "float32";
  const network = networkOf(model, precision === "int8" ? innerSteps(steps) : steps);
  const inputs = model.inputs.map((input) => ({
    name: input.name,
    shape: known.get(input.name)?.shape ?? [],
  }));
  const batch = inputs[0]?.shape[0] ?? 1;
  const { name, opset } = model;
  return { name, opset, batch, inputs, steps, precision, ...(network ? { network } : {}) };
}

/** Whether a step only converts numbers, as at both ends of a quantised model. */
export const isConversion = ({ op }: Pick<ModelStep, "op">): boolean =>
  op === "QuantizeLinear" || op === "DequantizeLinear";

/** Steps without conversions of numbers: what follows reads what these read. */
function innerSteps(steps: readonly ModelStep[]): readonly ModelStep[] {
  const read = new Map(
    steps.flatMap((step) =>
      isConversion(step) ? [[step.name, step.inputs[0] ?? ""] as const] : [],
    ),
  );
  const sourceOf = (name: string): string => {
    const source = read.get(name);
    return source === undefined ? name : sourceOf(source);
  };
  return steps.flatMap((step) =>
    isConversion(step)
      ? []
      : [
          {
            ...step,
            inputs: step.inputs.map(sourceOf),
            ...(step.layer?.inputs
              ? { layer: { ...step.layer, inputs: step.layer.inputs.map(sourceOf) } as Layer }
              : {}),
          },
        ],
  );
}

/** The kernel of a step that is a layer. */
export const kernelOfStep = (
  { layer, dtype, ...step }: ModelStep,
  batch: number,
): Kernel | undefined =>
  layer && {
    ...kernelOf({ layer, inputs: step.inputs, in: step.in, out: step.out }, batch),
    dtype,
  };

/** Images and states; numbers of rows that are looked up. */
const readTypes: ReadonlySet<string> = new Set(["float32", "int32", "int64"]);

function requireReadable({ nodes, inputs }: ModelOutline, source: string): void {
  const quantised = nodes.filter(({ op }) => /QLinear|Integer$|DynamicQuantize/.test(op)).length;
  if (quantised > 0)
    throw new UserError(
      `${source} is quantised by operators of integers (${quantised} nodes of ${nodes.length}), expected QuantizeLinear and DequantizeLinear around operators`,
      { hint: "Export it in the QDQ format, or give the float32 model.", exit: "unavailable" },
    );
  const other = inputs.find(({ type }) => !readTypes.has(type));
  if (other)
    throw new UserError(
      `${source}: input "${other.name}" is ${other.type}, expected float32, or int32 or int64 of numbers of words`,
      {
        hint: "Export a model that reads float32.",
        exit: "unavailable",
      },
    );
}

/** Layers of ours read no flattened images: what a dense one reads of one, another makes of its mean. */
function unflattened(layer: Layer, given: ReadonlyMap<string, Shape>): readonly Layer[] {
  const [read = ""] = layer.inputs ?? [];
  const { height = 1, width = 1, channels = 1 } = given.get(read) ?? {};
  if (layer.kind !== "dense" || height * width === 1) return [layer];
  const [pool, features] = [`${layer.name}.pool`, `${layer.name}.features`];
  return [
    { kind: "global_pool", name: pool, inputs: [read] },
    {
      kind: "dense",
      name: features,
      inputs: [pool],
      width: height * width * channels,
      bias: true,
      activation: "linear",
    },
    { ...layer, inputs: [features] },
  ];
}

/** Our own models name a layer's nodes "layer/part", so that a layer's name has no slash. */
const layerName = (node: string): string => node.replace(/^\/+/, "").replaceAll("/", ".");

/** Layers under the steps' names; undefined where a step is none, or reads what a network of ours cannot say. */
function networkOf(
  { name, inputs }: ModelOutline,
  steps: readonly ModelStep[],
): Network | undefined {
  const [first] = steps;
  const [image, ...others] = inputs;
  if (!first || !image || others.length > 0) return undefined;
  if (new Set(steps.map(({ dtype }) => dtype)).size > 1) return undefined;
  const given = new Map(steps.map(({ name, out }) => [name, out]));
  const layers = steps.flatMap(({ layer }) => (layer ? unflattened(layer, given) : []));
  if (steps.some(({ layer }) => !layer)) return undefined;
  const named = layers.map((layer) => ({
    ...layer,
    name: layerName(layer.name),
    inputs: layer.inputs?.map((read) => (read === image.name ? networkInput : layerName(read))),
  }));
  const network = { name: name || "model", input: first.in, layers: named } as Network;
  const shapes = new Map(
    steps.map(({ name, out }) => [layerName(name), describeShape(out)] as const),
  );
  try {
    const agrees = placeLayers(network).every(({ layer, out }) => {
      const shape = shapes.get(layer.name);
      return shape === undefined || shape === describeShape(out);
    });
    return agrees ? network : undefined;
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}
