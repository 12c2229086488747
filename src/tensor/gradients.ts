import * as tf from "@tensorflow/tfjs-core";

interface PoolAttributes {
  readonly filterSize: number | [number, number];
  readonly strides: number | [number, number];
  readonly pad: "valid" | "same" | number;
}

/** Runs `work` with gradients in place of those of tfjs that are wrong or missing. */
export function withRightGradients<T>(work: () => T): T {
  const former = [tf.AvgPool, tf.BatchMatMul].map((kernel) => tf.getGradient(kernel));
  if (former.includes(averagePoolGradient)) return work();
  const [, product] = former;
  replaceGradients([averagePoolGradient, ...(product ? [batchProductGradient(product)] : [])]);
  try {
    return work();
  } finally {
    replaceGradients(former.filter((gradient) => gradient !== undefined));
  }
}

function replaceGradients(gradients: readonly tf.GradConfig[]): void {
  for (const gradient of gradients) {
    tf.unregisterGradient(gradient.kernelName);
    tf.registerGradient(gradient);
  }
}

/** tfjs's gradient, summed over the batches along which an operand was repeated: tfjs leaves them in. */
const batchProductGradient = (own: tf.GradConfig): tf.GradConfig => ({
  ...own,
  gradFunc: (dy, saved, attrs) => {
    const { a, b } = own.gradFunc(dy, saved, attrs);
    const [left, right] = saved as [tf.Tensor, tf.Tensor];
    if (!a || !b) throw new Error("The gradient of a product has two parts");
    return { a: () => summedTo(a(), left.shape), b: () => summedTo(b(), right.shape) };
  },
});

function summedTo(gradient: tf.Tensor, shape: number[]): tf.Tensor {
  const axes = tf.broadcast_util.getReductionAxes(shape, gradient.shape);
  return axes.length === 0 ? gradient : tf.reshape(tf.sum(gradient, axes), shape);
}

/** tfjs divides by the whole window even where the forward pass divided by the pixels inside the image. */
const averagePoolGradient: tf.GradConfig = {
  kernelName: tf.AvgPool,
  inputsToSave: ["x"],
  gradFunc: (dy, [x], attrs) => {
    // The kernel's contract types both, tfjs's registry does not.
    const input = x as tf.Tensor4D;
    const attributes = attrs as unknown as PoolAttributes;
    return {
      x: () => {
        const shares = windowShares(input.shape, attributes);
        const inputs = { dy: tf.mul(dy as tf.Tensor, shares), input };
        return tf.engine().runKernel(tf.AvgPoolGrad, inputs, attrs) as tf.Tensor;
      },
    };
  },
};

/** Window size over pixels of the window inside the image, per output position: [1, height, width, 1]. */
function windowShares(
  shape: [number, number, number, number],
  { filterSize, strides, pad }: PoolAttributes,
): tf.Tensor {
  const info = tf.backend_util.computePool2DInfo(shape, filterSize, strides, 1, pad);
  const { padInfo, outHeight, outWidth } = info;
  if (padInfo.top + padInfo.bottom + padInfo.left + padInfo.right === 0) return tf.scalar(1);
  const rows = insideCounts(outHeight, info.strideHeight, {
    size: info.filterHeight,
    before: padInfo.top,
    length: info.inHeight,
  });
  const columns = insideCounts(outWidth, info.strideWidth, {
    size: info.filterWidth,
    before: padInfo.left,
    length: info.inWidth,
  });
  const whole = info.filterHeight * info.filterWidth;
  const shares = rows.flatMap((row) => columns.map((column) => whole / (row * column)));
  return tf.tensor4d(shares, [1, outHeight, outWidth, 1]);
}

function insideCounts(
  outputs: number,
  stride: number,
  { size, before, length }: { size: number; before: number; length: number },
): readonly number[] {
  return Array.from({ length: outputs }, (_, output) => {
    const start = output * stride - before;
    return Math.min(start + size, length) - Math.max(start, 0);
  });
}
