import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Availability } from "../meter.ts";
import type { LoadedModel, Runtime } from "../runtime.ts";
import type { ScriptModel } from "../script.ts";
import type { Surroundings } from "../surroundings.ts";
import { type Transport, TransportError } from "../transport.ts";
import { readTrace } from "./ort-trace.ts";

/** The one place of a phone that its shell may write to and run programs from. */
const deviceFolder = "/data/local/tmp/wattsplit";
const runner = `${deviceFolder}/onnxruntime_perf_test`;
const remedy =
  "Build onnxruntime_perf_test for the device (./build.sh --android ...), then: wattsplit devices add NAME --like generic-android --runner PATH";
/** Every batch starts the program and loads the model. */
const shortestBatch_s = 0.05;
const runTimeout_s = 300;

/**
 * ONNX Runtime's own benchmark program, copied to the device and started for every batch. Its first run is its warm-up,
 * and is not counted.
 */
export function ortPerfTestRuntime({
  transport,
  settings,
}: Pick<Surroundings, "transport" | "settings">): Runtime {
  let copied: Promise<void> | undefined;
  const copyRunner = (): Promise<void> => {
    copied ??= copyFile(transport, settings.runner ?? "", runner, 0o755);
    return copied;
  };
  return {
    id: "ort-perf-test",
    version: "unknown",
    shortestBatch_s,
    build: async () => {
      const { code, stdout } = await transport.exec(["sha256sum", runner]);
      return code === 0 ? stdout.slice(0, 16) : "unknown";
    },
    probe: async (): Promise<Availability> => {
      if (!settings.runner) return { ok: false, reason: "no runner was named", remedy };
      try {
        await copyRunner();
        const { stdout, stderr } = await transport.exec([runner, "-h"], { timeout_s: 20 });
        if (/perf_test/.test(stdout + stderr)) return { ok: true, note: settings.runner };
        const said = stderr.trim().split("\n").at(-1) ?? "";
        return { ok: false, reason: `the runner does not start: ${said}`, remedy };
      } catch (error) {
        if (!(error instanceof TransportError)) throw error;
        return { ok: false, reason: error.message, remedy };
      }
    },
    load: async (model, { threads }) =>
      loaded(transport, await copyModel(transport, model), threads),
    profile: async (model, { threads }) => {
      const path = await copyModel(transport, model);
      const { run, close } = loaded(transport, path, threads, "profile");
      const traces: string[] = [];
      return {
        run: async (runs) => {
          const time_s = await run(runs);
          traces.push(await takeTrace(transport));
          return time_s;
        },
        finish: async () => {
          await close();
          const parts = traces.map((trace) => readTrace(trace, model.layers));
          return {
            layers: model.layers,
            nodes: parts[0]?.nodes ?? model.layers.map(() => 0),
            // The program's own warm-up run comes first in each trace.
            runs: parts.flatMap((part) => part.runs.slice(1)),
            emptyNode_s: parts.flatMap((part) => part.emptyNode_s.slice(1)),
          };
        },
      };
    },
  };
}

function loaded(
  transport: Transport,
  path: string,
  threads: number,
  profilePrefix?: string,
): LoadedModel {
  const trace = profilePrefix === undefined ? [] : ["-p", `${deviceFolder}/${profilePrefix}`];
  return {
    run: async (runs) => {
      const argv = [runner, "-I", "-m", "times", "-r", `${runs}`, "-e", "cpu", "-x", `${threads}`];
      const { code, stdout, stderr } = await transport.exec([...argv, ...trace, path], {
        timeout_s: runTimeout_s,
      });
      const result = readPerfTest(`${stdout}\n${stderr}`);
      if (code !== 0 || result?.runs !== runs)
        throw new Error(`onnxruntime_perf_test did not run: ${stderr.trim().slice(-300)}`);
      return result.total_s;
    },
    close: async () => void (await transport.exec(["rm", "-f", path])),
  };
}

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

let models = 0;

async function copyModel(transport: Transport, { bytes }: ScriptModel): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), "wattsplit-model-"));
  try {
    const path = join(folder, "model.onnx");
    writeFileSync(path, bytes);
    // Named here, not by the network: nothing from elsewhere becomes a path.
    const there = `${deviceFolder}/model${++models}.onnx`;
    await copyFile(transport, path, there, 0o644);
    return there;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function copyFile(
  transport: Transport,
  from: string,
  to: string,
  mode: number,
): Promise<void> {
  await transport.exec(["mkdir", "-p", deviceFolder]);
  await transport.push(from, to, { mode });
}

/** The trace that the last run left, whose name has a date in it. */
async function takeTrace(transport: Transport): Promise<string> {
  const { stdout } = await transport.exec(["ls", deviceFolder]);
  const name = stdout.split(/\s+/).find((file) => /^profile[\w.-]*\.json$/.test(file));
  if (name === undefined) throw new Error("onnxruntime_perf_test wrote no trace");
  const folder = mkdtempSync(join(tmpdir(), "wattsplit-trace-"));
  try {
    await transport.pull(`${deviceFolder}/${name}`, join(folder, "trace"));
    await transport.exec(["rm", "-f", `${deviceFolder}/${name}`]);
    return readFileSync(join(folder, readdirSync(folder)[0] ?? ""), "utf8");
  } finally {
    rmSync(folder, { recursive: true });
  }
}
