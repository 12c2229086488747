import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LoadedModel, Runtime } from "../runtime.ts";
import type { Surroundings } from "../surroundings.ts";
import type { Transport } from "../transport.ts";
import { inBatches, readTrace } from "./ort-trace.ts";
import {
  lastLine,
  probed,
  type Runner,
  requireAlive,
  runnerOn,
  runTimeout_s,
  shortestProgramBatch_s,
} from "./runner.ts";

const program = "onnxruntime_perf_test";
const remedy =
  "Build onnxruntime_perf_test for the device (./build.sh --android ...), and give --runner PATH";

/**
 * ONNX Runtime's own benchmark program, started for every batch. Its first run is its warm-up, and is not counted.
 */
export function ortPerfTestRuntime(
  surroundings: Pick<Surroundings, "transport" | "settings" | "folder">,
): Runtime {
  const { transport, folder } = surroundings;
  const runner = runnerOn(surroundings, { program, remedy });
  return {
    id: "ort-perf-test",
    version: "unknown",
    shortestBatch_s: shortestProgramBatch_s,
    freshBatches: true,
    build: runner.build,
    probe: () =>
      probed(async () => {
        const path = await runner.path();
        const { stdout, stderr } = await transport.exec([path, "-h"], { timeout_s: 20 });
        return /perf_test/.test(stdout + stderr)
          ? { ok: true, note: path }
          : { ok: false, reason: `the runner does not start: ${lastLine(stderr)}`, remedy };
      }, remedy),
    load: async ({ bytes }, { threads }) =>
      loaded(transport, runner, await runner.copyModel(bytes), threads),
    profile: async ({ bytes, layers }, { threads }) => {
      const prefix = ["-p", `${folder}/profile`];
      const path = await runner.copyModel(bytes);
      const { run, close } = loaded(transport, runner, path, threads, prefix);
      const traces: { readonly runs: number; readonly json: string }[] = [];
      return {
        run: async (runs) => {
          const time_s = await run(runs);
          traces.push({ runs, json: await takeTrace(transport, folder) });
          return time_s;
        },
        finish: async () => {
          await close();
          const parts = traces.map(({ runs, json }) => {
            const trace = readTrace(json, layers);
            // The program's own warm-up run comes first in each trace.
            return inBatches(
              { ...trace, runs: trace.runs.slice(1), emptyNode_s: trace.emptyNode_s.slice(1) },
              [runs],
            );
          });
          return {
            layers,
            nodes: parts[0]?.nodes ?? layers.map(() => 0),
            batches: parts.flatMap(({ batches }) => batches),
            emptyNode_s: parts.flatMap(({ emptyNode_s }) => emptyNode_s),
          };
        },
      };
    },
  };
}

const loaded = (
  transport: Transport,
  runner: Runner,
  path: string,
  threads: number,
  more: readonly string[] = [],
): LoadedModel => {
  let fallback: string | undefined;
  return {
    get fallback() {
      return fallback && `${fallback} ran what was asked of another provider`;
    },
    run: async (runs) => {
      const flags = ["-I", "-m", "times", "-r", `${runs}`, "-e", "cpu", "-x", `${threads}`];
      const argv = [await runner.path(), ...flags, ...more, path];
      const ran = await transport.exec(argv, { timeout_s: runTimeout_s });
      requireAlive(program, ran);
      const { code, stdout, stderr } = ran;
      const result = readPerfTest(`${stdout}\n${stderr}`);
      if (code !== 0 || result?.runs !== runs)
        throw new Error(`${program} did not run: ${stderr.trim().slice(-300)}`);
      fallback ??= result.fallback;
      return result.total_s;
    },
    close: () => runner.remove(path),
  };
};

export interface PerfTestResult {
  readonly runs: number;
  readonly total_s: number;
  /** Other than asked for, where the program says so: "CPUExecutionProvider" in place of an accelerator. */
  readonly fallback?: string;
}

/**
 * What the program prints: `Total inference time cost: 6.22935 s` and `Total inference requests: 100`; newer ones call the
 * mean `Average inference time cost total: 98.96 ms`. Undefined where there is no result.
 */
export function readPerfTest(text: string): PerfTestResult | undefined {
  const runs = Number(/^Total inference requests: (\d+)/m.exec(text)?.[1]);
  const mean_ms = Number(
    /^Average inference time cost(?: total)?: ([\d.e+-]+) ms/m.exec(text)?.[1],
  );
  const total_s = Number(/^Total inference time cost: ([\d.e+-]+) s/m.exec(text)?.[1]);
  if (!(runs > 0) || !(total_s > 0 || mean_ms > 0)) return undefined;
  const fallback = /fall(?:ing)? ?back to (\w*ExecutionProvider|CPU)/i.exec(text)?.[1];
  return {
    runs,
    // The mean has more digits than the total of few runs.
    total_s: mean_ms > 0 ? (runs * mean_ms) / 1e3 : total_s,
    ...(fallback === undefined ? {} : { fallback }),
  };
}

/** The trace that the last run left, whose name has a date in it. */
async function takeTrace(transport: Transport, folder: string): Promise<string> {
  const { stdout } = await transport.exec(["ls", folder]);
  const name = stdout.split(/\s+/).find((file) => /^profile[\w.-]*\.json$/.test(file));
  if (name === undefined) throw new Error(`${program} wrote no trace`);
  const here = mkdtempSync(join(tmpdir(), "wattsplit-trace-"));
  try {
    await transport.pull(`${folder}/${name}`, join(here, "trace"));
    await transport.exec(["rm", "-f", `${folder}/${name}`]);
    return readFileSync(join(here, readdirSync(here)[0] ?? ""), "utf8");
  } finally {
    rmSync(here, { recursive: true });
  }
}
