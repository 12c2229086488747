import { parseArgs } from "node:util";
import { machineTarget } from "../src/tensor/engine/onnx-engine.ts";
import { type Borders, type GraphTarget, targetFor } from "../src/tensor/index.ts";
import { GraphBuilder } from "../src/tensor/trace/graph-builder.ts";
import { fitBorders } from "./borders.ts";
import { kernelMs, programs, traceKernel } from "./kernel-times.ts";
import { type NodeTime, nodeTimes } from "./node-times.ts";

/** One way to write a computation in ONNX: takes a builder, returns the name of the result. */
type Lowering = (builder: GraphBuilder) => string;

/**
 * Times what the engine makes of computations with blocks and without, then rival ways to write the same computation
 * without: sums of every node's fastest run, in milliseconds. With --fit, the borders that suit this machine.
 */
export async function run(argv: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      threads: { type: "string", default: "1" },
      fit: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
    },
  });
  const threads = Number(values.threads);
  const rows = values.fit
    ? await fittedRows(threads)
    : [...(await targetRows(threads)), ...(await rivalRows(threads))];
  if (values.json) console.log(JSON.stringify({ schema: 1, rows }));
  else console.table(rows);
}

const targetsHere = async (threads: number): Promise<readonly GraphTarget[]> => {
  const own = await machineTarget("onnx-cpu", threads);
  return own.block ? [own, targetFor("cpu", { threads })] : [own];
};

const nameOf = ({ block }: GraphTarget): string => (block ? `block ${block}` : "without blocks");

async function fittedRows(threads: number): Promise<object[]> {
  const rows: object[] = [];
  for (const target of await targetsHere(threads))
    for (const { borders, regret, shippedRegret } of await fitBorders(target, console.error))
      for (const [border, fitted] of Object.entries(borders))
        rows.push({
          target: nameOf(target),
          border,
          shipped: target.borders[border as keyof Borders],
          fitted,
          "shipped loses": percent(shippedRegret),
          "fitted loses": percent(regret),
        });
  return rows;
}

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;

async function targetRows(threads: number): Promise<object[]> {
  const rows: object[] = [];
  for (const [computation, program] of Object.entries(programs))
    for (const target of await targetsHere(threads)) {
      const ms = await kernelMs(program, traceKernel(program, target), target);
      rows.push({ computation, lowering: nameOf(target), ms: Math.round(ms * 1000) / 1000 });
    }
  return rows;
}

async function rivalRows(threads: number): Promise<object[]> {
  const rows: object[] = [];
  for (const [computation, rivals] of Object.entries(computations))
    for (const [lowering, make] of Object.entries(rivals))
      rows.push({ computation, lowering, ms: await fastest(make, threads) });
  return rows;
}

const transpose = (b: GraphBuilder, name: string, ...perm: number[]): string =>
  b.emit("Transpose", [name], { perm: { ints: perm } });
const input = (b: GraphBuilder, name: string, ...shape: number[]): string => {
  b.input(name, shape, "float32");
  return name;
};

/** x [64, channels, side, side] and dy of the same size, filters 3x3, stride 1, as convolutions leave them. */
function filterGradient(side: number, channels: number): Readonly<Record<string, Lowering>> {
  const count = 64 * side * side;
  const images = (b: GraphBuilder) =>
    ["x", "dy"].map((name) => input(b, name, 64, channels, side, side)) as [string, string];
  const taps = (b: GraphBuilder, x: string, axis: number): string[] => {
    const pads = [0, 1, 2, 3].map((at) => Number(at === axis || at === axis + 1));
    const padded = b.emit("Pad", [x, b.ints([...pads, ...pads]), b.scalar(0)]);
    return [0, 1, 2].flatMap((top) =>
      [0, 1, 2].map((left) => {
        const bounds = [
          [top, left],
          [top + side, left + side],
          [axis, axis + 1],
        ];
        return b.emit("Slice", [padded, ...bounds.map((values) => b.ints(values))]);
      }),
    );
  };
  const joined = (b: GraphBuilder, parts: readonly string[]): string =>
    b.emit("Concat", parts, { axis: { int: 0 } });
  return {
    "convolution with roles swapped": (b) => {
      const [x, dy] = images(b).map((name) => transpose(b, name, 1, 0, 2, 3));
      return b.emit("Conv", [x ?? "", dy ?? ""], { pads: { ints: [1, 1, 1, 1] } });
    },
    "per tap, images outermost": (b) => {
      const [x, dy] = images(b);
      const turned = transpose(b, b.reshapeValue(dy, [64, channels, side * side]), 0, 2, 1);
      const products = taps(b, x, 2).map((tap) => {
        const columns = b.reshapeValue(tap, [64, channels, side * side]);
        const summed = [b.emit("MatMul", [columns, turned]), b.ints([0])];
        return b.emit("ReduceSum", summed, { keepdims: { int: 0 } });
      });
      return joined(b, products);
    },
    "per tap, pixels outermost": (b) => {
      const [x, dy] = images(b).map((name) => transpose(b, name, 0, 2, 3, 1));
      const rows = b.reshapeValue(dy ?? "", [count, channels]);
      const products = taps(b, x ?? "", 1).map((tap) =>
        b.emit("Gemm", [b.reshapeValue(tap, [count, channels]), rows], { transA: { int: 1 } }),
      );
      return joined(b, products);
    },
    "all taps at once, channels outermost": (b) => {
      const [x, dy] = images(b).map((name) => transpose(b, name, 1, 0, 2, 3));
      const columns = b.reshapeValue(joined(b, taps(b, x ?? "", 2)), [9 * channels, count]);
      const rows = b.reshapeValue(dy ?? "", [channels, count]);
      return b.emit("Gemm", [columns, rows], { transB: { int: 1 } });
    },
  };
}

/** x [channels, 64, side, side] stored by channel, filters 3x3, stride 1. */
function depthwise(side: number, channels: number): Readonly<Record<string, Lowering>> {
  const pixels = side * side;
  const image = (b: GraphBuilder) => input(b, "x", channels, 64, side, side);
  const weights = (b: GraphBuilder) => input(b, "w", channels, 9);
  const pads = { ints: [1, 1, 1, 1] };
  const place = (b: GraphBuilder, made: string): string => {
    const rows = b.reshapeValue(image(b), [channels, 64, pixels]);
    return b.emit("MatMul", [rows, b.reshapeValue(made, [channels, pixels, pixels])]);
  };
  const tapOf = (index: number): number => {
    const [from, to] = [Math.floor(index / pixels), index % pixels];
    const top = Math.floor(from / side) - Math.floor(to / side) + 1;
    const left = (from % side) - (to % side) + 1;
    return top < 0 || top > 2 || left < 0 || left > 2 ? -1 : top * 3 + left;
  };
  const places = () => Array.from({ length: pixels * pixels }, (_, index) => tapOf(index));
  return {
    "grouped convolution, with transposes": (b) => {
      const x = transpose(b, image(b), 1, 0, 2, 3);
      const w = b.reshapeValue(weights(b), [channels, 1, 3, 3]);
      return transpose(b, b.emit("Conv", [x, w], { group: { int: channels }, pads }), 1, 0, 2, 3);
    },
    "images as groups": (b) => {
      const x = b.reshapeValue(image(b), [1, channels * 64, side, side]);
      const single = b.reshapeValue(weights(b), [channels, 1, 9]);
      const repeated = b.emit("Expand", [single, b.ints([channels, 64, 9])]);
      const w = b.reshapeValue(repeated, [channels * 64, 1, 3, 3]);
      return b.emit("Conv", [x, w], { group: { int: channels * 64 }, pads });
    },
    "Toeplitz matrix, gathered": (b) => {
      const padded = b.emit("Pad", [weights(b), b.ints([0, 0, 0, 1]), b.scalar(0)]);
      const index = places().map((tap) => (tap < 0 ? 9 : tap));
      const at = b.tensor(index, [index.length], "int32");
      return place(b, b.emit("Gather", [padded, at], { axis: { int: 1 } }));
    },
    "Toeplitz matrix, by a product": (b) => {
      const all = places();
      const spread = new Float32Array(9 * all.length);
      for (const [at, tap] of all.entries()) if (tap >= 0) spread[tap * all.length + at] = 1;
      return place(b, b.emit("MatMul", [weights(b), b.tensor(spread, [9, all.length], "float32")]));
    },
  };
}

const activationShape = [16, 64, 32, 32];
const computations: Readonly<Record<string, Readonly<Record<string, Lowering>>>> = {
  "filter gradient 32x32, 16 channels": filterGradient(32, 16),
  "filter gradient 32x32, 3 channels": filterGradient(32, 3),
  "filter gradient 8x8, 64 channels": filterGradient(8, 64),
  "depthwise 4x4, 256 channels": depthwise(4, 256),
  "depthwise 8x8, 128 channels": depthwise(8, 128),
  "depthwise 16x16, 64 channels": depthwise(16, 64),
  "gradient of relu, a million values": {
    "Where(y > 0, dy, 0)": (b) => {
      const positive = b.emit("Greater", [input(b, "y", ...activationShape), b.scalar(0)]);
      return b.emit("Where", [positive, input(b, "dy", ...activationShape), b.scalar(0)]);
    },
    "dy * Cast(y > 0)": (b) => {
      const positive = b.emit("Greater", [input(b, "y", ...activationShape), b.scalar(0)]);
      const mask = b.emit("Cast", [positive], { to: { int: 1 } });
      return b.emit("Mul", [input(b, "dy", ...activationShape), mask]);
    },
    "dy * Sign(y)": (b) => {
      const sign = b.emit("Sign", [input(b, "y", ...activationShape)]);
      return b.emit("Mul", [input(b, "dy", ...activationShape), sign]);
    },
  },
};

async function fastest(make: Lowering, threads: number): Promise<number> {
  const builder = new GraphBuilder();
  const result = builder.value(make(builder), [], "float32");
  const graph = builder.finish("lowering", { result });
  // The result's shape is of no interest here and left for the runtime to infer.
  const outputs = graph.nodes
    .slice(-1)
    .map(({ outputs: [name = ""] }) => ({ name, type: "float32" as const, shape: [] }));
  return totalMs(await nodeTimes({ ...graph, outputs }, { threads }));
}

/** Milliseconds of all nodes' fastest runs. */
const totalMs = (times: readonly NodeTime[]): number =>
  Math.round(times.reduce((sum, { microseconds }) => sum + microseconds, 0) / 10) / 100;
