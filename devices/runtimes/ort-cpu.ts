import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { InferenceSession, Tensor } from "onnxruntime-node";
import { exportNetwork } from "../../src/network/export.ts";
import { networkInput } from "../../src/network/network.ts";
import { seededRandom } from "../../src/random.ts";
import { encodeModel } from "../../src/tensor/onnx/encode.ts";
import type { Clock } from "../clock.ts";
import type { LoadedModel, Model, ProfiledModel, Runtime } from "../runtime.ts";
import { layerTimes } from "./ort-trace.ts";

type Ort = typeof import("onnxruntime-node");
type Feeds = Readonly<Record<string, Tensor>>;

const packageName = "onnxruntime-node";
/** The input only has to be free of zeros; a fixed seed keeps two runs alike. */
const inputSeed = 1;

/** ONNX Runtime's own CPU kernels, in this process. */
export function ortCpuRuntime(clock: Clock): Runtime {
  return {
    id: "ort-cpu",
    version: packageVersion(),
    probe: async () => {
      try {
        await import("onnxruntime-node");
        return { ok: true, note: `${packageName} ${packageVersion()}` };
      } catch (error) {
        return {
          ok: false,
          reason: `${packageName} does not load: ${error instanceof Error ? error.message : error}`,
          remedy: `npm rebuild ${packageName}, on Linux, macOS or Windows with x64 or arm64`,
        };
      }
    },
    load: async (model, { threads }) =>
      loadModel(await import("onnxruntime-node"), model, threads, clock),
  };
}

function packageVersion(): string {
  const manifest: unknown = createRequire(import.meta.url)(`${packageName}/package.json`);
  return typeof manifest === "object" && manifest && "version" in manifest
    ? String(manifest.version)
    : "unknown";
}

async function loadModel(
  ort: Ort,
  model: Model,
  threads: number,
  clock: Clock,
): Promise<LoadedModel> {
  const graph = exportNetwork(model.network, model.weights, { batch: model.batch });
  const bytes = encodeModel(graph);
  const options: InferenceSession.SessionOptions = {
    executionProviders: ["cpu"],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
  };
  const feeds = { [networkInput]: randomInput(ort, graph.inputs[0]?.shape ?? []) };
  const session = await ort.InferenceSession.create(bytes, options);
  const layers = model.network.layers.map(({ name }) => name);
  return {
    run: (runs) => runBatch(session, feeds, runs, clock),
    profiled: () => profiledModel(ort, bytes, options, feeds, layers, clock),
    close: () => session.release(),
  };
}

async function runBatch(
  session: InferenceSession,
  feeds: Feeds,
  runs: number,
  clock: Clock,
): Promise<number> {
  const start_s = clock.now_s();
  for (let run = 0; run < runs; run++) await session.run(feeds);
  return clock.now_s() - start_s;
}

async function profiledModel(
  ort: Ort,
  bytes: Uint8Array,
  options: InferenceSession.SessionOptions,
  feeds: Feeds,
  layers: readonly string[],
  clock: Clock,
): Promise<ProfiledModel> {
  const folder = mkdtempSync(join(tmpdir(), "wattsplit-profile-"));
  const session = await ort.InferenceSession.create(bytes, {
    ...options,
    enableProfiling: true,
    profileFilePrefix: join(folder, "trace"),
  });
  return {
    run: (runs) => runBatch(session, feeds, runs, clock),
    finish: async () => {
      session.endProfiling();
      await session.release();
      const trace = readdirSync(folder)[0];
      if (trace === undefined) throw new Error(`ONNX Runtime wrote no trace into ${folder}`);
      const json = readFileSync(join(folder, trace), "utf8");
      rmSync(folder, { recursive: true });
      return layerTimes(json, layers);
    },
  };
}

function randomInput(ort: Ort, shape: readonly number[]): Tensor {
  const random = seededRandom(inputSeed);
  const size = shape.reduce((product, length) => product * length, 1);
  const values = Float32Array.from({ length: size }, () => random.normal());
  return new ort.Tensor("float32", values, shape);
}
