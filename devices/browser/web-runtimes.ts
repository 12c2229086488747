/** A runtime of pages. */
export interface WebRuntime {
  /** What the page runs it with: a file of page/runtimes, bundled when the page is served. */
  readonly module: "ort" | "tfjs-wasm" | "tfjs-webgl" | "tfjs-webgpu" | "litert";
  /** The npm package that computes. */
  readonly package: string;
  /** A package that is bundled into the page's scripts; absent where the page loads the package's own. */
  readonly bundles?: string;
  /** True where it makes scripts of its own, as blobs. */
  readonly makesScripts?: true;
  /** Files of the package that are what computes, below its folder: their hash tells builds apart. */
  readonly binaries: readonly string[];
  /** What it computes on, as its package calls it. */
  readonly backend: string;
  /** What a browser has to have. */
  readonly needs: string;
}

const ort = { module: "ort", package: "onnxruntime-web" } as const;
const bundled = (name: string) => ({ package: name, bundles: name });
const liteRt = { module: "litert", ...bundled("@litertjs/core") } as const;
const wasm = "WebAssembly with SIMD";
const webGpu = "WebGPU, where the browser has an adapter";

/** Runtimes that pages have, by name. */
export const webRuntimes: Readonly<Record<string, WebRuntime>> = {
  "ort-web": {
    ...ort,
    binaries: ["dist/ort-wasm-simd-threaded.wasm"],
    backend: "wasm",
    needs: wasm,
  },
  "ort-web-webgpu": {
    ...ort,
    binaries: ["dist/ort-wasm-simd-threaded.asyncify.wasm"],
    backend: "webgpu",
    needs: webGpu,
  },
  "ort-web-webnn": {
    ...ort,
    binaries: ["dist/ort-wasm-simd-threaded.jsep.wasm"],
    backend: "webnn",
    needs: "WebNN, where it is turned on",
  },
  "tfjs-wasm": {
    module: "tfjs-wasm",
    // Its threads load theirs so.
    makesScripts: true,
    ...bundled("@tensorflow/tfjs-backend-wasm"),
    binaries: ["dist/tfjs-backend-wasm-simd.wasm", "dist/tfjs-backend-wasm-threaded-simd.wasm"],
    backend: "wasm",
    needs: wasm,
  },
  "tfjs-webgl": {
    module: "tfjs-webgl",
    ...bundled("@tensorflow/tfjs-backend-webgl"),
    binaries: ["dist/tf-backend-webgl.fesm.min.js"],
    backend: "webgl",
    needs: "WebGL in workers",
  },
  "tfjs-webgpu": {
    module: "tfjs-webgpu",
    ...bundled("@tensorflow/tfjs-backend-webgpu"),
    binaries: ["dist/tf-backend-webgpu.fesm.min.js"],
    backend: "webgpu",
    needs: webGpu,
  },
  litert: {
    ...liteRt,
    binaries: ["wasm/litert_wasm_internal.wasm", "wasm/litert_wasm_threaded_internal.wasm"],
    backend: "wasm",
    needs: wasm,
  },
  "litert-webgpu": {
    ...liteRt,
    binaries: ["wasm/litert_wasm_internal.wasm"],
    backend: "webgpu",
    needs: webGpu,
  },
};
