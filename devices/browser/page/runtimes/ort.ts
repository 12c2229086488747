import type { InferenceSession, Tensor } from "onnxruntime-web";
import { fixedInputs } from "../../../runtimes/fixed-input.ts";
import { timedRunsWithTurns } from "../../../runtimes/timed.ts";
import { requireThreads, requireWebGpu, unavailable } from "../availability.ts";
import { browser } from "../browser-scope.ts";
import type { OpenRuntime } from "../open-runtime.ts";

type Ort = typeof import("onnxruntime-web");

/** The file of onnxruntime-web that has each provider. */
const scripts = {
  wasm: "ort.wasm.min.mjs",
  webgpu: "ort.webgpu.min.mjs",
  webnn: "ort.all.min.mjs",
} as const;
type Provider = keyof typeof scripts;

/** onnxruntime-web. There is no node profiler in it, so that kernel costs come from whole networks. */
export const runtimeOf =
  (): OpenRuntime =>
  async ({ files, backend, settings }, clock) => {
    const { runtime: id, threads, version, build } = settings;
    const provider = backend as Provider;
    if (provider === "webgpu") await requireWebGpu();
    if (provider === "webnn" && !browser.navigator.ml)
      throw unavailable("This browser has no WebNN", "Try --runtime ort-web.");
    requireThreads(threads);
    const ort = (await import(`${files}${scripts[provider]}`)) as Ort;
    ort.env.wasm.wasmPaths = files;
    ort.env.wasm.numThreads = threads;
    return {
      id,
      version,
      build: async () => build,
      probe: async () => ({ ok: true }),
      load: async ({ bytes, inputs }) => {
        const session: InferenceSession = await ort.InferenceSession.create(bytes, {
          executionProviders: [provider],
        });
        const values = fixedInputs();
        const feeds: Readonly<Record<string, Tensor>> = Object.fromEntries(
          inputs.map(({ name, shape }) => [name, new ort.Tensor("float32", values(shape), shape)]),
        );
        const [{ name = "", shape = [] } = {}] = inputs;
        return {
          run: timedRunsWithTurns(() => session.run(feeds), clock),
          answer: async (input) => {
            const outputs = await session.run({ [name]: new ort.Tensor("float32", input, shape) });
            return Object.values(outputs)[0]?.data as Float32Array;
          },
          close: () => session.release(),
        };
      },
    };
  };
