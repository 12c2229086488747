import { execFileSync } from "node:child_process";
import { loadavg } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { build } from "esbuild";
import { splittableGroups } from "../search/splitting/groups.ts";
import { splittingStep } from "../search/splitting/splitting-step.ts";
import { withoutBatchNorm } from "../src/network/folded-weights.ts";
import { findPreset } from "../src/network/presets.ts";
import { median } from "../src/statistics.ts";
import { type BackendName, createEngine, type Engine } from "../src/tensor/index.ts";
import { sgd } from "../src/training/optimizers.ts";
import { evaluationStep, type StepProgram, trainStep } from "../src/training/train-step.ts";
import { stepping } from "./stepping.ts";

/** What one process measured of one network; times are medians, in milliseconds. */
interface Timing {
  readonly framework: string;
  readonly train_step_ms: number;
  readonly forward_ms: number;
  readonly peak_memory_mb: number;
}

const options = {
  net: { type: "string", default: "plain3" },
  width: { type: "string", default: "0.25" },
  batch: { type: "string", default: "64" },
  threads: { type: "string", default: "1" },
  steps: { type: "string", default: "15" },
  backend: { type: "string", default: "onnx-cpu" },
  json: { type: "boolean", default: false },
  splitting: { type: "boolean", default: false },
  "vs-pytorch": { type: "boolean", default: false },
  "pytorch-script": { type: "string", default: "pytorch_train_step.py" },
  layout: { type: "string", default: "best" },
  rounds: { type: "string", default: "3" },
  clock: { type: "string", default: "wall" },
} as const;

/**
 * Times a training step and an evaluation of a preset, with --splitting one pass of S v over all neurons too. With --vs-pytorch it does so in turn with a PyTorch
 * script that takes the same arguments and prints the same fields, each run in a process of its own.
 */
export async function run(argv: readonly string[]): Promise<void> {
  const { values } = parseArgs({ args: [...argv], options });
  if (values["vs-pytorch"]) return compare(values);
  const timing = await measure(values);
  if (values.json) console.log(JSON.stringify(timing));
  else console.table(timing);
}

type Arguments = ReturnType<typeof parseArgs<{ options: typeof options }>>["values"];

async function measure(values: Arguments): Promise<Timing & Record<string, unknown>> {
  const { net, width, batch, threads, steps, backend, clock } = values;
  const network = findPreset(net).build({ multiplier: Number(width) });
  const engine = await createEngine({
    backend: backend as BackendName,
    threads: Number(threads),
  });
  const size = { batch: Number(batch) };
  const timing = { steps: Number(steps), now: clocks[clock] ?? performance.now };
  const train = await timeProgram(engine, trainStep(network, sgd(), size), timing);
  const forward = await timeProgram(
    engine,
    evaluationStep(withoutBatchNorm(network), size),
    timing,
  );
  const groups = splittableGroups(network).filter(
    ({ reason, isLinear }) => reason === undefined && !isLinear,
  );
  const products = values.splitting
    ? await timeProgram(engine, splittingStep(network, groups, size), timing)
    : undefined;
  await engine.close();
  return {
    framework: `wattsplit ${engine.backend}`,
    net,
    width: Number(width),
    ...size,
    threads: Number(threads),
    train_step_ms: train.median_ms,
    forward_ms: forward.median_ms,
    ...(products
      ? {
          splitting_ms: products.median_ms,
          splitting_per_train_step: rounded(products.median_ms / train.median_ms),
        }
      : {}),
    trace_ms: train.trace_ms,
    session_ms: train.session_ms,
    nodes: train.nodes,
    // Linux counts ru_maxrss in kilobytes.
    peak_memory_mb: rounded(process.resourceUsage().maxRSS / 1000),
  };
}

/** Milliseconds by the clock on the wall, or of processor time: comparable on a busy machine at one thread. */
const clocks: Readonly<Record<string, () => number>> = {
  wall: () => performance.now(),
  cpu: () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
  },
};

async function timeProgram(
  engine: Engine,
  step: StepProgram,
  { steps, now }: { readonly steps: number; readonly now: () => number },
) {
  const running = await stepping(engine, step);
  const times: number[] = [];
  const warmUp = 3;
  for (let at = -warmUp; at < steps; at++) {
    const start = now();
    await running.step();
    if (at >= 0) times.push(now() - start);
  }
  const { program } = running;
  await program.release();
  return {
    median_ms: rounded(median(times)),
    trace_ms: rounded(program.traceMs),
    session_ms: rounded(program.sessionMs),
    nodes: program.nodes,
  };
}

const rounded = (value: number): number => Math.round(value * 100) / 100;

/** A B A B: both see the same neighbours on a shared machine. */
async function compare(given: Arguments): Promise<void> {
  const script = await bundled();
  const shared = ["--width", given.width, "--batch", given.batch, "--threads", given.threads];
  const ours: Timing[] = [];
  const theirs: Timing[] = [];
  for (let round = 0; round < Number(given.rounds); round++) {
    ours.push(
      runOurs(script, [
        ...shared,
        "--net",
        given.net,
        "--steps",
        given.steps,
        "--clock",
        given.clock,
      ]),
    );
    theirs.push(better(given, [...shared, "--steps", given.steps]));
  }
  const middle = (timings: readonly Timing[], field: "train_step_ms" | "forward_ms") =>
    median(timings.map((timing) => timing[field]));
  const peak = (timings: readonly Timing[]) =>
    Math.max(...timings.map((timing) => timing.peak_memory_mb));
  const row = {
    net: given.net,
    width: Number(given.width),
    threads: Number(given.threads),
    load: rounded(loadavg()[0] ?? 0),
    train_step_ms: middle(ours, "train_step_ms"),
    pytorch_train_step_ms: middle(theirs, "train_step_ms"),
    train_ratio: rounded(middle(ours, "train_step_ms") / middle(theirs, "train_step_ms")),
    forward_ms: middle(ours, "forward_ms"),
    pytorch_forward_ms: middle(theirs, "forward_ms"),
    forward_ratio: rounded(middle(ours, "forward_ms") / middle(theirs, "forward_ms")),
    peak_memory_mb: peak(ours),
    pytorch_peak_memory_mb: peak(theirs),
    memory_ratio: rounded(peak(ours) / peak(theirs)),
  };
  if (given.json) console.log(JSON.stringify(row));
  else console.table(row);
}

/** In a process of plain Node, as users run it: a loader that compiles TypeScript would count a hundred megabytes as the engine's. */
function runOurs(script: string, argv: readonly string[]): Timing {
  return JSON.parse(execFileSync(process.execPath, [script, ...argv]).toString()) as Timing;
}

/** This file, bundled within reach of its packages. */
async function bundled(): Promise<string> {
  const outfile = fileURLToPath(
    new URL("../node_modules/.cache/bench-engine.mjs", import.meta.url),
  );
  await build({
    stdin: {
      contents: `import { run } from "./engine.ts";\nawait run([...process.argv.slice(2), "--json"]);`,
      resolveDir: fileURLToPath(new URL(".", import.meta.url)),
    },
    bundle: true,
    packages: "external",
    platform: "node",
    format: "esm",
    outfile,
  });
  return outfile;
}

/** The layout asked for, or the better of both by their training step and, apart from that, by their forward pass. */
function better(given: Arguments, argv: readonly string[]): Timing {
  const layouts = given.layout === "best" ? ["nchw", "nhwc"] : [given.layout];
  const timings = layouts.map((layout) => runTheirs({ ...given, layout }, argv));
  const least = (field: "train_step_ms" | "forward_ms" | "peak_memory_mb") =>
    Math.min(...timings.map((timing) => timing[field]));
  return {
    framework: timings[0]?.framework ?? "",
    train_step_ms: least("train_step_ms"),
    forward_ms: least("forward_ms"),
    peak_memory_mb: least("peak_memory_mb"),
  };
}

/** Runs the script inside a line of Python that adds the peak resident size of its own process. */
function runTheirs({ net, layout, ...given }: Arguments, argv: readonly string[]): Timing {
  const script = given["pytorch-script"];
  const wrapper = [
    "import runpy, sys, resource, time",
    ...(given.clock === "cpu" ? ["time.perf_counter = time.process_time"] : []),
    "sys.argv = sys.argv[1:]",
    "runpy.run_path(sys.argv[0], run_name='__main__')",
    "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000)",
  ].join("\n");
  const output = execFileSync("/usr/bin/python3", [
    "-c",
    wrapper,
    script,
    net,
    ...argv,
    "--layout",
    layout,
  ]).toString();
  const [timing = "", peak] = output.trim().split("\n");
  return { ...(JSON.parse(timing) as Timing), peak_memory_mb: rounded(Number(peak)) };
}
