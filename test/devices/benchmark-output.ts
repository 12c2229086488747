import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import type { Executed } from "../../devices/transport.ts";
import { seededRandom } from "../../src/random.ts";
import { type OperatorOutline, readOperators } from "../../src/tflite/index.ts";

export interface FakeBenchmarkOptions {
  /** Undisturbed time of one operator, s. */
  readonly operator_s: (operator: OperatorOutline) => number;
  /** What a run takes beside its operators, s. */
  readonly call_s: number;
  /** Delegates that refuse every network without a word of complaint; the CPU runs it then. */
  readonly refused?: readonly ("GPU" | "NNAPI")[];
  /** How much starts of one network vary, as a fraction. */
  readonly startSd?: number;
}

type Flags = ReadonlyMap<string, string>;

/** What TensorFlow Lite's benchmark_model prints, with times from a law; `start` numbers its starts. */
export function benchmarkOutput(
  argv: readonly string[],
  options: FakeBenchmarkOptions,
  start: number,
): Executed {
  const flags = new Map(argv.map((flag) => flag.replace(/^--/, "").split("=") as [string, string]));
  try {
    return { code: 0, stdout: run(flags, options, start), stderr: "" };
  } catch (error) {
    const stderr = `ERROR: ${error instanceof Error ? error.message : error}\n`;
    return { code: 1, stdout: "", stderr };
  }
}

function run(
  flags: Flags,
  { operator_s, call_s, refused = [], startSd = 0.01 }: FakeBenchmarkOptions,
  start: number,
): string {
  const bytes = readFileSync(flags.get("graph") ?? "");
  const operators = readOperators(bytes);
  const digest = createHash("sha256").update(bytes).digest().readUInt32LE();
  const random = seededRandom((digest + 7919 * start) % 2 ** 32);
  const speed = Math.exp(startSd * random.normal());
  const times_s = operators.map((operator) => speed * operator_s(operator));
  const run_s = times_s.reduce((sum, time_s) => sum + time_s, speed * call_s);
  // Disturbances only lengthen.
  const slow = 1 - 0.002 * Math.log(1 - random.uniform());
  const runs = Number(flags.get("num_runs"));
  const csv = flags.get("op_profiling_output_file");
  if (csv) writeUnlessFull(csv, operatorCsv(operators, times_s));
  return [
    "INFO: STARTING!",
    `INFO: Graph: [${flags.get("graph")}]`,
    `INFO: Loaded model ${flags.get("graph")}`,
    "INFO: Initialized TensorFlow Lite runtime.",
    ...delegated(flags, operators.length, refused),
    "INFO: Initialized session in 1.482ms.",
    "INFO: Running benchmark for at least 1 iterations and at least 0.1 seconds but terminate if exceeding 300 seconds.",
    `INFO: ${statistics(Math.ceil(0.1 / run_s), 1.1 * run_s)}`,
    "",
    `INFO: Running benchmark for at least ${runs} iterations and at least 0 seconds but terminate if exceeding 300 seconds.`,
    `INFO: ${statistics(runs, slow * run_s * (csv ? 1.05 : 1))}`,
    "",
    "INFO: Inference timings in us: Init: 1482, First inference: 420, Warmup (avg): 101.2, Inference (avg): 99",
    "",
  ].join("\n");
}

/** The program does not look whether its list was written. */
function writeUnlessFull(path: string, text: string): void {
  try {
    writeFileSync(path, text);
  } catch {
    return;
  }
}

/** Whole µs but for the mean, which has six digits. */
function statistics(count: number, mean_s: number): string {
  const us = mean_s * 1e6;
  const [low, high] = [Math.floor(0.97 * us), Math.ceil(1.2 * us)];
  if (count === 1) return `count=1 curr=${Math.round(us)}`;
  return `count=${count} first=${high} curr=${low} min=${low} max=${high} avg=${Number(us.toPrecision(6))} std=3 p5=${low} median=${Math.round(us)} p95=${high}`;
}

/** The words of whoever takes the network; XNNPACK takes what a delegate refused, and does not say so. */
function delegated(flags: Flags, nodes: number, refused: readonly string[]): readonly string[] {
  const asked = [
    ["use_gpu", "GPU", "TfLiteGpuDelegateV2"],
    ["use_nnapi", "NNAPI", "TfLiteNnapiDelegate"],
    ["use_xnnpack", "XNNPACK", "TfLiteXNNPackDelegate"],
  ] as const;
  const [, name = "XNNPACK", kernel = ""] =
    asked.find(([flag]) => flags.get(flag) === "true") ?? [];
  if (refused.includes(name))
    return [
      `INFO: Created TensorFlow Lite delegate for ${name}.`,
      `INFO: Though ${name} delegate is explicitly applied, the model graph will not be executed by the delegate.`,
    ];
  return [
    `VERBOSE: Replacing ${nodes} out of ${nodes} node(s) with delegate (${kernel}) node, yielding 1 partitions for subgraph 0.`,
    `INFO: Explicitly applied ${name} delegate, and the model graph will be completely executed by the delegate.`,
  ];
}

const types: { readonly [O in OperatorOutline["op"]]: string } = {
  conv2d: "Convolution (NHWC, F32) IGEMM",
  depthwise_conv2d: "Convolution (NHWC, F32) DWConv",
  fully_connected: "Fully Connected (NC, F32) GEMM",
  max_pool: "Max Pooling (NHWC, F32)",
  average_pool: "Average Pooling (NHWC, F32)",
  mean: "Mean (ND) Reduce",
  add: "Add (ND, F32)",
  concatenation: "Concatenate (ND, X32)",
  mul: "Multiply (ND, F32)",
  reshape: "Static Reshape (NC)",
  slice: "Static Slice (ND, X32)",
  gather: "Gather (ND, X32)",
  relu: "Clamp (NC, F32)",
  relu6: "Clamp (NC, F32)",
  logistic: "Sigmoid (NC, F32)",
  tanh: "TanH (NC, F32)",
  exp: "Exp (NC, F32)",
  log: "Log (NC, F32)",
  abs: "Abs (NC, F32)",
  quantize: "Convert (NC, F32, QS8)",
  dequantize: "Convert (NC, QS8, F32)",
};

/** Names have tabs where types have commas. */
function operatorCsv(operators: readonly OperatorOutline[], times_s: readonly number[]): string {
  const rows = operators.map(({ op }, i) => {
    const ms = Number(((times_s[i] ?? 0) * 1e3).toPrecision(6));
    return `${types[op]},${ms},${ms},10%,10%,0,1,Delegate/${types[op].replaceAll(",", "\t")}:${i}`;
  });
  return [
    "Operator-wise Profiling Info for Regular Benchmark Runs:",
    "node type,first,avg_ms,%,cdf%,mem KB,times called,name",
    ...rows,
    "",
  ].join("\n");
}
