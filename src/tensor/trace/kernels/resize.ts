import { tf } from "../../tfjs.ts";
import type { GraphBuilder } from "../graph-builder.ts";
import { axesOf, type Layout, nchw, sizeAt } from "../layout.ts";
import { attrOf, inputOf, type KernelCall, type KernelRule, type KernelRules } from "../rule.ts";
import type { Traced } from "../traced.ts";

/** Bilinear interpolation is a product with one matrix per axis, and its gradient one with their transposes. */
const resizeBilinear: KernelRule = (call) => {
  const images = inputOf(call, "images");
  const [height = 1, width = 1] = attrOf<[number, number]>(call, "size");
  return resized(call.builder, images, matrices(call, images.shape, [height, width]));
};

const resizeBilinearGradient: KernelRule = (call) => {
  const dy = inputOf(call, "dy");
  const images = inputOf(call, "images");
  const size = [sizeAt(dy.shape, 1), sizeAt(dy.shape, 2)] as const;
  const [rows, columns] = matrices(call, images.shape, size);
  return resized(call.builder, dy, [transposed(rows), transposed(columns)]);
};

/** Weights of input pixels in output pixels, along one axis: [out][in]. */
type Weights = readonly (readonly number[])[];

const transposed = (weights: Weights): Weights =>
  axesOf(weights[0]?.length ?? 0).map((column) => weights.map((row) => row[column] ?? 0));

const matrices = (
  call: KernelCall,
  [, height = 1, width = 1]: readonly number[],
  [rows, columns]: readonly [number, number],
): readonly [Weights, Weights] => {
  const alignCorners = attrOf<boolean>(call, "alignCorners");
  const halfPixelCenters = attrOf<boolean | undefined>(call, "halfPixelCenters") ?? false;
  const options = { alignCorners, halfPixelCenters };
  return [weightsAlong(height, rows, options), weightsAlong(width, columns, options)];
};

/** As tfjs places output pixels between input pixels. */
function weightsAlong(
  input: number,
  output: number,
  { alignCorners, halfPixelCenters }: { alignCorners: boolean; halfPixelCenters: boolean },
): Weights {
  const corners = alignCorners && output > 1 ? 1 : 0;
  const scale = (input - corners) / (output - corners);
  return axesOf(output).map((pixel) => {
    const place = halfPixelCenters ? scale * (pixel + 0.5) - 0.5 : scale * pixel;
    const low = Math.max(0, Math.floor(place));
    const high = Math.min(input - 1, Math.ceil(place));
    const share = place - low;
    return axesOf(input).map((at) => (at === low ? 1 - share : 0) + (at === high ? share : 0));
  });
}

function resized(
  builder: GraphBuilder,
  images: Traced,
  [rows, columns]: readonly [Weights, Weights],
): Traced {
  const constant = (weights: Weights): string =>
    builder.tensor(weights.flat(), [weights.length, weights[0]?.length ?? 0], "float32");
  const tall = builder.emit("MatMul", [constant(rows), builder.read(images, nchw)]);
  const name = builder.emit("MatMul", [tall, constant(transposed(columns))]);
  const shape = [sizeAt(images.shape, 0), rows.length, columns.length, sizeAt(images.shape, 3)];
  return builder.value(name, shape, "float32", nchw);
}

/** Values mirrored at the borders: picked along each axis by their places. */
const mirrorPad: KernelRule = (call) => {
  const { builder } = call;
  const x = inputOf(call, "x");
  const paddings = attrOf<[number, number][]>(call, "paddings");
  // "reflect" leaves the border pixel out, "symmetric" repeats it.
  const skipped = attrOf<"reflect" | "symmetric">(call, "mode") === "reflect" ? 1 : 0;
  const layout: Layout = builder.unblockedLayout(x);
  const name = paddings.reduce(
    (padded, [before, after], axis) => {
      if (before + after === 0) return padded;
      const length = sizeAt(x.shape, axis);
      const places = axesOf(before + length + after).map((at) => {
        const place = at - before;
        if (place < 0) return -place - 1 + skipped;
        return place < length ? place : 2 * length - 1 - place - skipped;
      });
      const index = builder.tensor(places, [places.length], "int32");
      return builder.emit("Gather", [padded, index], {
        axis: { int: layout.indexOf(String(axis)) },
      });
    },
    builder.read(x, layout),
  );
  const shape = x.shape.map((length, axis) => {
    const [before = 0, after = 0] = paddings[axis] ?? [];
    return before + length + after;
  });
  return builder.value(name, shape, x.type, layout);
};

/** Rules of kernels that resample images. */
export const resizeRules: KernelRules = {
  [tf.ResizeBilinear]: resizeBilinear,
  [tf.ResizeBilinearGrad]: resizeBilinearGradient,
  [tf.MirrorPad]: mirrorPad,
};
