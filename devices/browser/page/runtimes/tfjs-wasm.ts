import { env } from "@tensorflow/tfjs-core";
import { requireThreads } from "../availability.ts";
import type { OpenRuntime } from "../open-runtime.ts";
import { tfjsRuntime } from "../tfjs.ts";

/** Of @tensorflow/tfjs-backend-wasm. */
interface WasmBackend {
  setThreadsCount(threads: number): void;
  setWasmPaths(folder: string): void;
}

/** TensorFlow.js on XNNPACK's kernels in WebAssembly. */
export const runtimeOf =
  (backend: WasmBackend): OpenRuntime =>
  async (start, clock) => {
    const { threads } = start.settings;
    requireThreads(threads);
    // Else one thread would be a pool of one, in another binary.
    if (threads === 1) env().set("WASM_HAS_MULTITHREAD_SUPPORT", false);
    else backend.setThreadsCount(threads);
    backend.setWasmPaths(start.files);
    return tfjsRuntime(start, clock);
  };
