import { type GraphTarget, type TensorSpec, tf, traceGraph } from "../src/tensor/index.ts";
import type { TracedGraph } from "../src/tensor/trace/traced-graph.ts";
import { nodeTimes } from "./node-times.ts";

/** A computation on images as convolutions leave them, and on other inputs. */
export interface KernelProgram {
  /** [batch, height, width, channels] each. */
  readonly images: Readonly<Record<string, readonly [number, number, number, number]>>;
  readonly others?: Readonly<Record<string, readonly number[]>>;
  readonly fn: (inputs: Readonly<Record<string, tf.Tensor>>) => tf.Tensor;
}

/** The graph a target gets for a program. */
export function traceKernel(
  { images, others = {}, fn }: KernelProgram,
  target: GraphTarget,
): TracedGraph {
  const specs = [
    ...Object.entries(images).map(([name, shape]) => [name, floats(givenShape(shape, target))]),
    ...Object.entries(others).map(([name, shape]) => [name, floats(shape)]),
  ];
  const inputs = Object.fromEntries(specs) as Readonly<Record<string, TensorSpec>>;
  return traceGraph(
    "kernel",
    (given) => {
      const left = Object.keys(images).map(
        (name) => [name, asConvolutionsLeave(given[name] as tf.Tensor4D, target)] as const,
      );
      return { y: fn({ ...given, ...Object.fromEntries(left) }) };
    },
    inputs,
    { target, state: Object.fromEntries(Object.keys(inputs).map((name) => [name, name])) },
  );
}

const floats = (shape: readonly number[]): TensorSpec => ({ shape, dtype: "float32" });

/** Where there are no blocks images come as NCHW, which a transpose then only renames. */
const givenShape = (
  [batch, height, width, channels]: readonly [number, number, number, number],
  { block }: GraphTarget,
): readonly number[] =>
  block ? [batch, height, width, channels] : [batch, channels, height, width];

/** Blocked by a convolution that is not timed. */
const asConvolutionsLeave = (x: tf.Tensor4D, { block }: GraphTarget): tf.Tensor =>
  block
    ? tf.relu(tf.depthwiseConv2d(x, tf.ones([1, 1, x.shape[3], 1]) as tf.Tensor4D, 1, "valid"))
    : tf.transpose(x, [0, 2, 3, 1]);

/** Milliseconds: the fastest run of every node, added up, without what only brings images into blocks. */
export async function kernelMs(
  program: KernelProgram,
  graph: TracedGraph,
  { block, threads }: GraphTarget,
): Promise<number> {
  const reading = graph.nodes.filter(({ inputs }) =>
    inputs.some((name) => block && name in program.images),
  );
  const untimed = new Set(reading.map(({ name }) => name));
  const times = await nodeTimes(graph, { threads });
  const timed = times.filter(({ name }) => !untimed.has(name));
  return timed.reduce((sum, { microseconds }) => sum + microseconds, 0) / 1000;
}

const batch = 64;
type Images = KernelProgram["images"];
const image = (side: number, channels: number): Images[string] => [batch, side, side, channels];
const product = (x: tf.Tensor | undefined, y: tf.Tensor | undefined): tf.Tensor =>
  tf.mul(x as tf.Tensor, y as tf.Tensor);

/** Ordinary or depthwise convolution, and its gradients in x and w. */
function convolution(side: number, [inputs, outputs]: readonly [number, number], size: number) {
  const convolved = (x: tf.Tensor, w: tf.Tensor): tf.Tensor =>
    tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, "same");
  return gradientPrograms(convolved, {
    x: image(side, inputs),
    y: image(side, outputs),
    w: [size, size, inputs, outputs],
  });
}

function depthwise(side: number, channels: number) {
  const convolved = (x: tf.Tensor, w: tf.Tensor): tf.Tensor =>
    tf.depthwiseConv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, "same");
  const [x, y] = [image(side, channels), image(side, channels)];
  return gradientPrograms(convolved, { x, y, w: [3, 3, channels, 1] });
}

interface Shapes {
  readonly x: Images[string];
  readonly y: Images[string];
  readonly w: readonly number[];
}

/** Forward, gradient of the input, gradient of the filter. */
function gradientPrograms(
  convolved: (x: tf.Tensor, w: tf.Tensor) => tf.Tensor,
  { x, y, w }: Shapes,
): readonly [forward: KernelProgram, input: KernelProgram, filter: KernelProgram] {
  return [
    { images: { x }, others: { w }, fn: ({ x, w }) => convolved(x as tf.Tensor, w as tf.Tensor) },
    {
      images: { dy: y },
      others: { w },
      fn: ({ dy, w }) =>
        tf.grad((input: tf.Tensor) => convolved(input, w as tf.Tensor))(
          tf.zeros([...x]),
          dy as tf.Tensor,
        ),
    },
    {
      images: { x, dy: y },
      fn: ({ x, dy }) =>
        tf.grad((filter: tf.Tensor) => convolved(x as tf.Tensor, filter))(
          tf.zeros([...w]),
          dy as tf.Tensor,
        ),
    },
  ];
}

const named = (
  name: string,
  [forward, input, filter]: readonly [KernelProgram, KernelProgram, KernelProgram],
): Readonly<Record<string, KernelProgram>> => ({
  [`${name}: forward`]: forward,
  [`${name}: gradient of the input`]: input,
  [`${name}: gradient of the filter`]: filter,
});

const affine: KernelProgram = {
  images: { x: image(32, 16) },
  others: { scale: [16], shift: [16] },
  fn: ({ x, scale, shift }) => tf.add(product(x, scale), shift as tf.Tensor),
};

/** What the tables of docs/engine.md compare. */
export const programs: Readonly<Record<string, KernelProgram>> = {
  ...named("3x3 32x32, 16 to 16", convolution(32, [16, 16], 3)),
  ...named("3x3 8x8, 64 to 64", convolution(8, [64, 64], 3)),
  ...named("1x1 4x4, 256 to 256", convolution(4, [256, 256], 1)),
  ...named("depthwise 32x32, 16", depthwise(32, 16)),
  ...named("depthwise 4x4, 256", depthwise(4, 256)),
  "affine step of batch norm, 32x32, 16": affine,
  "mean over images and pixels, 32x32, 16": {
    images: { x: image(32, 16) },
    fn: ({ x }) => tf.mean(x as tf.Tensor, [0, 1, 2]),
  },
  "sum of products, 32x32, 16": {
    images: { x: image(32, 16), dy: image(32, 16) },
    fn: ({ x, dy }) => tf.sum(product(x, dy), [0, 1, 2]),
  },
  "gradient of relu, 32x32, 16": {
    images: { x: image(32, 16), dy: image(32, 16) },
    fn: ({ x, dy }) => product(dy, tf.step(x as tf.Tensor)),
  },
  "max pooling 2x2, 32x32, 16: gradient": {
    images: { x: image(32, 16), dy: image(16, 16) },
    fn: ({ x, dy }) =>
      tf.grad((input: tf.Tensor) => tf.maxPool(input as tf.Tensor4D, 2, 2, "valid"))(
        x as tf.Tensor,
        dy as tf.Tensor,
      ),
  },
};
