/** A runtime of onnxruntime-web: the file that a page loads, the binary behind it, and the provider it runs on. */
interface WebRuntime {
  readonly script: string;
  readonly binary: string;
  readonly provider: "wasm" | "webgpu" | "webnn";
}

/** Runtimes that pages have, by name. */
export const webRuntimes: Readonly<Record<string, WebRuntime>> = {
  "ort-web": {
    script: "ort.wasm.min.mjs",
    binary: "ort-wasm-simd-threaded.wasm",
    provider: "wasm",
  },
  "ort-web-webgpu": {
    script: "ort.webgpu.min.mjs",
    binary: "ort-wasm-simd-threaded.asyncify.wasm",
    provider: "webgpu",
  },
  "ort-web-webnn": {
    script: "ort.all.min.mjs",
    binary: "ort-wasm-simd-threaded.jsep.wasm",
    provider: "webnn",
  },
};
