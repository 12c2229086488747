import { mean } from "simple-statistics";
import { findPreset } from "../src/network/presets.ts";
import { median } from "../src/statistics.ts";
import { type Borders, createEngine, type GraphTarget, tf } from "../src/tensor/index.ts";
import type { TracedGraph } from "../src/tensor/trace/traced-graph.ts";
import { sgd } from "../src/training/optimizers.ts";
import { trainStep } from "../src/training/train-step.ts";
import { type KernelProgram, kernelMs, traceKernel } from "./kernel-times.ts";
import { stepping } from "./stepping.ts";

/** Borders that are chosen together, and the programs whose lowering hangs on them. */
interface Fit {
  readonly candidates: readonly Partial<Borders>[];
  readonly programs: Readonly<Record<string, KernelProgram>>;
}

const batch = 64;
const never = Number.MAX_SAFE_INTEGER;

type Image = readonly [number, number, number, number];
const gradientOfFilter = (
  side: number,
  [inputs, outputs]: readonly [number, number],
  { size = 3, stride = 1 } = {},
): KernelProgram => {
  const out = Math.ceil(side / stride);
  return {
    images: { x: [batch, side, side, inputs], dy: [batch, out, out, outputs] },
    fn: ({ x, dy }) => {
      const filter = tf.zeros([size, size, inputs, outputs]) as tf.Tensor4D;
      const convolved = (w: tf.Tensor): tf.Tensor =>
        tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, stride, "same");
      return tf.grad(convolved)(filter, dy as tf.Tensor);
    },
  };
};

/** A depthwise convolution and both its gradients. */
const depthwise = (side: number, channels: number): KernelProgram => {
  const shape: Image = [batch, side, side, channels];
  return {
    images: { x: shape, dy: shape },
    others: { w: [3, 3, channels, 1] },
    fn: ({ x, w, dy }) => {
      const convolved = (a: tf.Tensor, b: tf.Tensor): tf.Tensor =>
        tf.depthwiseConv2d(a as tf.Tensor4D, b as tf.Tensor4D, 1, "same");
      const [dx, dw] = tf.grads(convolved)([x as tf.Tensor, w as tf.Tensor], dy as tf.Tensor);
      const y = convolved(x as tf.Tensor, w as tf.Tensor);
      return tf.addN([tf.mean(y), tf.mean(dx as tf.Tensor), tf.mean(dw as tf.Tensor)]);
    },
  };
};

/** Powers of two and what lies between would not differ by more than a tie. */
const doubling = (from: number, to: number): readonly number[] =>
  from > to ? [] : [from, ...doubling(from * 2, to)];

const sides: readonly (readonly [number, readonly number[]])[] = [
  [32, [16, 32]],
  [16, [32, 64]],
  [8, [32, 64, 128]],
  [4, [64, 128, 256]],
  [2, [128, 256, 512]],
];

const filterGradients = (size: number): Readonly<Record<string, KernelProgram>> =>
  Object.fromEntries(
    sides.flatMap(([side, widths]) =>
      widths.map((channels) => [
        `${size}x${size} gradient ${side}x${side} ${channels}`,
        gradientOfFilter(side, [channels, channels], { size }),
      ]),
    ),
  );

const depthwises = Object.fromEntries(
  [
    [32, 32],
    [16, 64],
    [8, 128],
    [4, 256],
    [2, 512],
  ].map(([side = 1, channels = 1]) => [
    `depthwise ${side}x${side} ${channels}`,
    depthwise(side, channels),
  ]),
);

/** Borders of targets with blocks. */
const blocked: readonly Fit[] = [
  {
    candidates: [0, ...doubling(16, 1024), never].flatMap((gradientTaps) =>
      [...doubling(576, 73_728), never].map((gradientValuesPerPixel) => ({
        gradientTaps,
        gradientValuesPerPixel,
      })),
    ),
    programs: { ...filterGradients(3), ...filterGradients(1) },
  },
];

/** Borders of targets without. */
const unblocked: readonly Fit[] = [
  {
    candidates: [0, 4, 8, 16, 32].flatMap((thinChannels) =>
      [0, ...doubling(16, 256), never].map((wideChannels) => ({ thinChannels, wideChannels })),
    ),
    programs: {
      "3x3 gradient 32x32 3 to 16": gradientOfFilter(32, [3, 16]),
      "3x3 gradient 32x32 8": gradientOfFilter(32, [8, 8]),
      ...filterGradients(3),
    },
  },
  {
    candidates: doubling(16, 65_536).map((toeplitzEntries) => ({ toeplitzEntries })),
    programs: depthwises,
  },
  { candidates: [0, ...doubling(8, 64)].map((rowWidth) => ({ rowWidth })), programs: depthwises },
];

export interface FittedBorders {
  readonly borders: Partial<Borders>;
  /** Mean time over the best lowering's, minus 1. */
  readonly regret: number;
  readonly shippedRegret: number;
}

/** Milliseconds of a program under every candidate, and under the shipped borders. */
interface Timed {
  readonly candidates: readonly number[];
  readonly shipped: number;
}

/**
 * The borders under which this machine loses least against the best lowering of every program. What a candidate
 * would choose is seen from the graph it gives, so that no rule of the tracer is repeated here.
 */
export async function fitBorders(
  target: GraphTarget,
  report: (line: string) => void,
): Promise<FittedBorders[]> {
  const fitted = [];
  for (const { candidates, programs } of target.block ? blocked : unblocked) {
    const timed: Record<string, Timed> = {};
    for (const [label, program] of Object.entries(programs))
      timed[label] = await timings(program, target, candidates);
    fitted.push(fittedTo(timed, { target, candidates, report }));
  }
  const steps: Record<string, Timed> = {};
  for (const [net, multiplier] of stepped)
    steps[`${net} x${multiplier}`] = await stepTimings(net, multiplier, target);
  fitted.push(fittedTo(steps, { target, candidates: packings, report }));
  return fitted;
}

function fittedTo(
  programs: Readonly<Record<string, Timed>>,
  {
    target,
    candidates,
    report,
  }: {
    readonly target: GraphTarget;
    readonly candidates: Fit["candidates"];
    readonly report: (line: string) => void;
  },
): FittedBorders {
  const regrets = candidates.map((): number[] => []);
  const shipped: number[] = [];
  for (const [label, timed] of Object.entries(programs)) {
    const best = Math.min(...timed.candidates, timed.shipped);
    for (const [at, ms] of timed.candidates.entries()) regrets[at]?.push(ms / best - 1);
    shipped.push(timed.shipped / best - 1);
    const rivals = [...new Set(timed.candidates)].map((ms) => ms.toFixed(2));
    report(`${label}: ${rivals.join(", ")} ms, shipped ${timed.shipped.toFixed(2)}`);
  }
  const means = regrets.map((all) => mean(all));
  const least = Math.min(...means);
  const best = candidates.filter((_, at) => (means[at] ?? least) <= least + tie);
  const isTied = mean(shipped) <= least + tie;
  return {
    borders: isTied ? pick(target.borders, best[0]) : (best[Math.floor(best.length / 2)] ?? {}),
    regret: least,
    shippedRegret: mean(shipped),
  };
}

/** What packing state is worth shows in whole training steps alone: it saves nodes and results, and costs a copy. */
const packings = [0, ...[1024, 4096, 16_384, 65_536], never].map((packedValues) => ({
  packedValues,
}));
const stepped = [
  ["mobilenet-v1-cifar", 0.15],
  ["mobilenet-v1-cifar", 0.5],
  ["resnet-20-cifar", 1],
  ["vgg-cifar", 0.25],
] as const;
const rounds = 9;

/** Medians over rounds in which every candidate has its turn. */
async function stepTimings(net: string, multiplier: number, target: GraphTarget): Promise<Timed> {
  const network = findPreset(net).build({ multiplier });
  const all = [...packings, target.borders];
  const running = await Promise.all(
    all.map(async (borders) => {
      const engine = await createEngine({
        backend: "onnx-cpu",
        threads: target.threads,
        target: { ...target, borders: { ...target.borders, ...borders } },
      });
      return { engine, ...(await stepping(engine, trainStep(network, sgd(), { batch }))) };
    }),
  );
  const times = running.map((): number[] => []);
  for (let round = -1; round < rounds; round++)
    for (const [at, { step }] of running.entries()) {
      await step();
      const start = performance.now();
      await step();
      if (round >= 0) times[at]?.push(performance.now() - start);
    }
  for (const { engine } of running) await engine.close();
  const middles = times.map((own) => median(own));
  return { candidates: middles.slice(0, -1), shipped: middles.at(-1) ?? Number.NaN };
}

/** What loses no more than this against the best is equally good: then the shipped borders stay. */
const tie = 0.005;

const pick = (borders: Borders, fields: Partial<Borders> = {}): Partial<Borders> =>
  Object.fromEntries(Object.entries(borders).filter(([field]) => field in fields));

/** Milliseconds under every candidate and under the shipped borders; equal graphs are timed once. */
async function timings(
  program: KernelProgram,
  target: GraphTarget,
  candidates: readonly Partial<Borders>[],
): Promise<Timed> {
  const known = new Map<string, number>();
  const timed = async (borders: Partial<Borders>): Promise<number> => {
    const graph = traceKernel(program, { ...target, borders: { ...target.borders, ...borders } });
    const key = keyOf(graph);
    const ms = known.get(key) ?? (await kernelMs(program, graph, target));
    known.set(key, ms);
    return ms;
  };
  const all: number[] = [];
  for (const candidate of candidates) all.push(await timed(candidate));
  return { candidates: all, shipped: await timed({}) };
}

const keyOf = ({ nodes }: TracedGraph): string =>
  nodes.map(({ op, inputs }) => `${op}(${inputs.join()})`).join(";");
