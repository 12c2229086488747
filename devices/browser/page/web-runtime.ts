import type { InferenceSession, Tensor } from "onnxruntime-web";
import { UserError } from "../../../src/errors.ts";
import { seededRandom } from "../../../src/random.ts";
import type { Clock } from "../../clock.ts";
import type { LoadedModel, Runtime } from "../../runtime.ts";
import type { ScriptModel } from "../../script.ts";
import { webRuntimes } from "../web-runtimes.ts";
import { browser } from "./browser-scope.ts";
import type { WorkerStart } from "./messages.ts";

type Ort = typeof import("onnxruntime-web");

/** The input only has to be free of zeros; a fixed seed keeps two runs alike. */
const inputSeed = 1;

/**
 * onnxruntime-web in this worker. There is no node profiler in it, so that kernel costs come from whole networks. Throws a
 * UserError where the browser lacks what the runtime needs.
 */
export async function webRuntime({ base, settings }: WorkerStart, clock: Clock): Promise<Runtime> {
  const { runtime: id, threads, version, build } = settings;
  const kind = webRuntimes[id];
  if (!kind) throw new Error(`No runtime "${id}"`);
  const { provider } = kind;
  await requireProvider(provider);
  if (threads > 1 && !browser.crossOriginIsolated)
    throw unavailable(
      `This browser gives the page no threads (it is not isolated), asked for ${threads}`,
      "Open the page at localhost or over https, or give --threads 1.",
    );
  const ort = (await import(`${base}ort/${kind.script}`)) as Ort;
  ort.env.wasm.wasmPaths = `${base}ort/`;
  ort.env.wasm.numThreads = threads;
  return {
    id,
    version,
    build: async () => build,
    probe: async () => ({ ok: true }),
    load: (model) => loadModel(ort, model, provider, clock),
  };
}

async function requireProvider(provider: "wasm" | "webgpu" | "webnn"): Promise<void> {
  if (provider === "webgpu" && !(await browser.navigator.gpu?.requestAdapter()))
    throw unavailable("This browser has no WebGPU adapter", "Try --runtime ort-web.");
  if (provider === "webnn" && !browser.navigator.ml)
    throw unavailable("This browser has no WebNN", "Try --runtime ort-web.");
}

const unavailable = (message: string, hint: string): UserError =>
  new UserError(message, { hint, exit: "unavailable" });

async function loadModel(
  ort: Ort,
  model: ScriptModel,
  provider: "wasm" | "webgpu" | "webnn",
  clock: Clock,
): Promise<LoadedModel> {
  const session: InferenceSession = await ort.InferenceSession.create(model.bytes, {
    executionProviders: [provider],
  });
  const feeds = randomInputs(ort, model);
  return {
    run: async (runs) => {
      const start_s = clock.now_s();
      for (let done = 0; done < runs; done++) await session.run(feeds);
      return clock.now_s() - start_s;
    },
    close: () => session.release(),
  };
}

function randomInputs(ort: Ort, { inputs }: ScriptModel): Readonly<Record<string, Tensor>> {
  const random = seededRandom(inputSeed);
  return Object.fromEntries(
    inputs.map(({ name, shape }) => {
      const size = shape.reduce((product, length) => product * length, 1);
      const values = Float32Array.from({ length: size }, () => random.normal());
      return [name, new ort.Tensor("float32", values, shape)];
    }),
  );
}
