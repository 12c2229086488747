import {
  type Conv2dLayer,
  type DenseLayer,
  isWide,
  windowArea,
  windowSize,
  windowStride,
} from "../../network/layer.ts";
import { type Network, type PlacedLayer, placeLayers } from "../../network/network.ts";
import { type TensorSpec, tf } from "../../tensor/index.ts";
import { factorNames } from "./kfac.ts";

/** A layer whose gradient K-FAC preconditions: dense, or a convolution that is not depthwise. */
export interface NaturalLayer {
  readonly placed: PlacedLayer<"conv2d" | "dense">;
  /** Rows of its kernel as a matrix [rows, width], and one more for the bias where it has one. */
  readonly rows: number;
  readonly width: number;
  /** Positions of one image that share the kernel. */
  readonly positions: number;
}

/** The layers of a network that have Kronecker factors, in order. */
export const naturalLayers = (network: Network): readonly NaturalLayer[] =>
  placeLayers(network)
    .filter(isWidePlaced)
    .map((placed) => {
      const { layer, in: input, out } = placed;
      const kernelRows = input.channels * placesOf(layer);
      return {
        placed,
        rows: kernelRows + (layer.bias ? 1 : 0),
        width: layer.width,
        positions: out.height * out.width,
      };
    });

const isWidePlaced = (placed: PlacedLayer): placed is PlacedLayer<"conv2d" | "dense"> =>
  isWide(placed.layer);

/** Pixels that one output reads. */
const placesOf = (layer: Conv2dLayer | DenseLayer): number =>
  layer.kind === "conv2d" ? windowArea(layer) : 1;

/** Shapes of both factors of every layer, or of their inverses, under `factorNames`. */
export const factorSpecs = (network: Network): Readonly<Record<string, TensorSpec>> =>
  Object.fromEntries(
    naturalLayers(network).flatMap(({ placed, rows, width }) => {
      const names = factorNames(placed.layer.name);
      return [
        [names.inputs, { shape: [rows, rows], dtype: "float32" }],
        [names.gradients, { shape: [width, width], dtype: "float32" }],
      ];
    }),
  );

/**
 * What every position of a layer's output reads of x [batch, height, width, channels]: [batch * positions, rows], columns
 * in the order of the kernel's rows, a 1 for the bias last.
 */
export function inputRows({ placed }: NaturalLayer, x: tf.Tensor4D): tf.Tensor2D {
  const { layer, in: input } = placed;
  const read = layer.kind === "conv2d" ? patches(x, placed as PlacedLayer<"conv2d">) : x;
  const columns = input.channels * placesOf(layer);
  const rows = tf.reshape(read, [-1, columns]) as tf.Tensor2D;
  return layer.bias ? tf.concat2d([rows, tf.ones([rows.shape[0], 1])], 1) : rows;
}

/** [batch, height out, width out, rows * columns * channels]: shifted, strided copies of the padded image side by side. */
function patches(x: tf.Tensor4D, { layer, out }: PlacedLayer<"conv2d">): tf.Tensor4D {
  const [size, strides] = [windowSize(layer), windowStride(layer)];
  if ([...size, ...strides].every((length) => length === 1)) return x;
  const [batch, , , channels] = x.shape;
  const filter: [number, number, number, number] = [...size, channels, layer.width];
  const { padInfo } = tf.backend_util.computeConv2DInfo(
    x.shape,
    filter,
    [...strides],
    1,
    layer.padding,
  );
  const { top, bottom, left, right } = padInfo;
  const padded = tf.pad4d(x, [
    [0, 0],
    [top, bottom],
    [left, right],
    [0, 0],
  ]);
  const end = (axis: 0 | 1, offset: number, length: number) =>
    offset + (length - 1) * strides[axis] + 1;
  const copies = Array.from({ length: size[0] * size[1] }, (_, i) => {
    const [row, column] = [Math.floor(i / size[1]), i % size[1]];
    return tf.stridedSlice(
      padded,
      [0, row, column, 0],
      [batch, end(0, row, out.height), end(1, column, out.width), channels],
      [1, ...strides, 1],
    );
  });
  return tf.concat(copies, 3) as tf.Tensor4D;
}
