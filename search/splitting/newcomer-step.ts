import { windowArea, windowStride } from "../../src/network/layer.ts";
import { type Network, type PlacedLayer, placeLayers } from "../../src/network/network.ts";
import { tf } from "../../src/tensor/index.ts";
import { forward } from "../../src/training/forward.ts";
import { crossEntropy } from "../../src/training/losses.ts";
import {
  batchInputs,
  labelsOf,
  type StepProgram,
  weightInputs,
  weightState,
} from "../../src/training/train-step.ts";
import type { SplittingGroup } from "./groups.ts";

/** A linear group that new neurons can join: pointwise layers write to it, and pointwise layers read it. */
export interface OpenGroup {
  readonly group: SplittingGroup;
  /** Layers that mix its channels pointwise. */
  readonly readers: readonly Reader[];
}

interface Reader {
  readonly layer: string;
  /** Outputs. */
  readonly width: number;
  /** Layers of the group whose outputs reach it. */
  readonly writers: ReadonlySet<string>;
}

/** Output of the step: slopes [outputs of all readers, d] of a group. */
export const slopesName = (group: string): string => `slopes:${group}`;

/** Linear groups between pointwise layers; others have none that a new neuron's slope is known for. */
export function openGroups(
  network: Network,
  groups: readonly SplittingGroup[],
): readonly OpenGroup[] {
  const placed = new Map(placeLayers(network).map((layer) => [layer.layer.name, layer]));
  return groups.flatMap((group) => {
    const { layers, writers, consumers } = group.group;
    const passing = layers.filter((name) => !writers.includes(name));
    const isOpen =
      group.isLinear &&
      group.reason === undefined &&
      writers.every((name) => isPointwise(placed.get(name))) &&
      passing.every((name) => placed.get(name)?.layer.kind === "add");
    if (!isOpen) return [];
    const readers = consumers.flatMap((name): Reader[] => {
      const reader = placed.get(name);
      const [read] = reader?.inputs ?? [];
      if (!reader || read === undefined || !isPointwise(reader)) return [];
      return [{ layer: name, width: reader.out.channels, writers: behind(read, layers, placed) }];
    });
    return readers.length > 0 ? [{ group, readers }] : [];
  });
}

function isPointwise(placed: PlacedLayer | undefined): boolean {
  const layer = placed?.layer;
  if (layer?.kind === "dense") return true;
  return (
    layer?.kind === "conv2d" &&
    windowArea(layer) === 1 &&
    windowStride(layer).every((step) => step === 1)
  );
}

/** A layer of the group, and those of the group that it adds up. */
function behind(
  name: string,
  members: readonly string[],
  placed: ReadonlyMap<string, PlacedLayer>,
): ReadonlySet<string> {
  if (!members.includes(name)) return new Set();
  const isSum = placed.get(name)?.layer.kind === "add";
  const inputs = isSum ? (placed.get(name)?.inputs ?? []) : [];
  return new Set([name, ...inputs.flatMap((input) => [...behind(input, members, placed)])]);
}

/**
 * Slopes of the loss in the outgoing weights that a new neuron of every group would have, per unit of each of its incoming ones: M with
 * dL/da = M w for outgoing weights a = 0 and a filter w (GradMax, Evci and others 2022, arXiv 2201.05125, section 3.1). Inputs: x, y,
 * every parameter; outputs: loss, slopes. Batch norm takes the batch's own moments, as the first step of training will: what it takes
 * out of a reader's sums, constants above all, then has no slope.
 */
export function newcomerStep(
  network: Network,
  open: readonly OpenGroup[],
  { batch }: { readonly batch: number },
): StepProgram {
  const readers = [...new Set(open.flatMap(({ readers: all }) => all.map(({ layer }) => layer)))];
  const writers = new Set(open.flatMap(({ group }) => group.group.writers));
  const outputs = new Map(placeLayers(network).map(({ layer, out }) => [layer.name, out]));
  return {
    fn: (inputs) => {
      const { x, y } = inputs as { x: tf.Tensor4D; y: tf.Tensor1D };
      const read = new Map<string, tf.Tensor>();
      const lossOf = (...nudges: tf.Tensor[]): tf.Scalar => {
        const atLinear = (
          { layer: { name } }: PlacedLayer,
          [first]: readonly tf.Tensor[],
          output: tf.Tensor,
        ): tf.Tensor => {
          // Outlives the gradient's own scope.
          if (writers.has(name) && first) read.set(name, tf.keep(first));
          const nudge = nudges[readers.indexOf(name)];
          return nudge ? tf.add(output, nudge) : output;
        };
        return crossEntropy(
          forward(network, inputs, x, { training: true, atLinear }).logits,
          y,
          labelsOf(network),
        );
      };
      const zeros = readers.map((name) => {
        const { height = 1, width = 1, channels = 1 } = outputs.get(name) ?? {};
        return tf.zeros([batch, height, width, channels]);
      });
      const { value, grads } = tf.valueAndGrads(lossOf)(zeros);
      const slopes = new Map(readers.map((name, i) => [name, rowsOf(grads[i])]));
      return {
        loss: value,
        ...Object.fromEntries(
          open.map((one) => [slopesName(one.group.group.name), slopesOf(one, slopes, read)]),
        ),
      };
    },
    inputs: { ...batchInputs(network, batch), ...weightInputs(network) },
    state: weightState(network),
  };
}

/** [positions, channels] */
const rowsOf = (image: tf.Tensor | undefined): tf.Tensor2D => {
  if (!image) throw new Error("A layer was not run");
  return tf.reshape(image, [-1, image.shape[image.shape.length - 1] ?? 1]);
};

function slopesOf(
  { group: { theta }, readers }: OpenGroup,
  slopes: ReadonlyMap<string, tf.Tensor2D>,
  read: ReadonlyMap<string, tf.Tensor>,
): tf.Tensor2D {
  const rows = readers.map(({ layer, width, writers }) => {
    const slope = slopes.get(layer);
    if (!slope) throw new Error(`"${layer}" was not run`);
    const parts = theta.map(({ writer, dimension, biasInTheta }): tf.Tensor2D => {
      if (!writers.has(writer)) return tf.zeros([width, dimension]);
      const ofFilter: tf.Tensor2D = tf.matMul(slope, rowsOf(read.get(writer)), true, false);
      if (!biasInTheta) return ofFilter;
      return tf.concat([ofFilter, tf.reshape<tf.Rank.R2>(tf.sum(slope, 0), [width, 1])], 1);
    });
    return parts.length > 1 ? tf.concat(parts, 1) : (parts[0] as tf.Tensor2D);
  });
  return rows.length > 1 ? tf.concat(rows, 0) : (rows[0] as tf.Tensor2D);
}
