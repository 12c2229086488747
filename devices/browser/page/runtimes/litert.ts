import type { Clock } from "../../../clock.ts";
import type { LoadedModel } from "../../../runtime.ts";
import { fixedInputs } from "../../../runtimes/fixed-input.ts";
import { timedRunsWithTurns } from "../../../runtimes/timed.ts";
import type { ScriptModel } from "../../../script.ts";
import { requireThreads, requireWebGpu, softwareGraphics, unavailable } from "../availability.ts";
import type { OpenRuntime } from "../open-runtime.ts";

/** What is used of @litertjs/core. */
interface LiteRt {
  supportsFeature(feature: "relaxedSimd"): Promise<boolean>;
  loadLiteRt(files: string, options: { readonly threads: boolean }): Promise<unknown>;
  loadAndCompile(model: Uint8Array, options: CompileOptions): Promise<CompiledModel>;
  readonly Tensor: new (values: Float32Array, shape: number[]) => LiteRtTensor;
}

interface CompileOptions {
  readonly accelerator: "wasm" | "webgpu";
  readonly cpuOptions?: { readonly numThreads: number };
  readonly gpuOptions?: { readonly precision: "fp16" | "fp32" };
}

interface CompiledModel {
  /** As they were applied. */
  readonly options: CompileOptions;
  readonly isFullyAccelerated: boolean;
  run(input: LiteRtTensor): Promise<readonly LiteRtTensor[]>;
  delete(): void;
}

interface LiteRtTensor {
  data(): Promise<Float32Array>;
  delete(): void;
}

/** LiteRT, which reads TensorFlow Lite's files: on XNNPACK in WebAssembly, or on WebGPU. */
export const runtimeOf =
  (liteRt: LiteRt): OpenRuntime =>
  async ({ files, backend, settings }, clock) => {
    const { runtime: id, threads, version, build } = settings;
    const isOnGpu = backend === "webgpu";
    const { info } = isOnGpu ? await requireWebGpu() : {};
    const isNew = await start(liteRt, files, threads);
    return {
      id,
      version: isNew ? version : `${version} without relaxed SIMD`,
      modelFormat: "tflite",
      precisions: isOnGpu ? ["float16", "float32"] : ["float32", "int8"],
      ...(isOnGpu ? { mostThreads: 1 } : {}),
      fallback: info && softwareGraphics(`${info.vendor} ${info.architecture}`),
      build: async () => build,
      probe: async () => ({ ok: true }),
      load: (model) => load(liteRt, model, isOnGpu ? onGpu(model) : onCpu(threads), clock),
    };
  };

const onCpu = (numThreads: number): CompileOptions => ({
  accelerator: "wasm",
  cpuOptions: { numThreads },
});

const onGpu = ({ precision }: ScriptModel): CompileOptions => ({
  accelerator: "webgpu",
  gpuOptions: { precision: precision === "float32" ? "fp32" : "fp16" },
});

/** Loads its WebAssembly; false where the browser lacks relaxed SIMD, which is slower. */
async function start(liteRt: LiteRt, files: string, threads: number): Promise<boolean> {
  requireThreads(threads);
  const isNew = await liteRt.supportsFeature("relaxedSimd");
  if (threads > 1 && !isNew)
    throw unavailable(
      "LiteRT has no threads in browsers without relaxed SIMD",
      "Give --threads 1, or update the browser.",
    );
  // Read by the script that LiteRT loads: it would look for its files beside the worker's.
  Object.assign(globalThis, {
    Module: {
      locateFile: (file: string) => `${files}${file}`,
      mainScriptUrlOrBlob: `${files}litert_wasm_threaded_internal.js`,
    },
  });
  await liteRt.loadLiteRt(files, { threads: threads > 1 });
  return isNew;
}

async function load(
  liteRt: LiteRt,
  { bytes, inputs }: ScriptModel,
  options: CompileOptions,
  clock: Clock,
): Promise<LoadedModel> {
  const compiled = await liteRt.loadAndCompile(bytes, options);
  const shape = inputs[0]?.shape ?? [];
  const answer = async (values: Float32Array): Promise<Float32Array> => {
    const input = new liteRt.Tensor(values, [...shape]);
    const [output] = await compiled.run(input);
    if (!output) throw new Error("The model has no output");
    try {
      return await output.data();
    } finally {
      for (const used of [input, output]) used.delete();
    }
  };
  const values = fixedInputs()(shape);
  // It warns, and goes on with what the browser's CPU can do.
  const isWhole =
    compiled.options.accelerator === options.accelerator &&
    (options.accelerator === "wasm" || compiled.isFullyAccelerated);
  return {
    run: timedRunsWithTurns(() => answer(values), clock),
    answer,
    ...(isWhole ? {} : { fallback: "the CPU ran what WebGPU did not take" }),
    close: async () => compiled.delete(),
  };
}
