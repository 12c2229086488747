import { readFileSync } from "node:fs";
import { join } from "node:path";
import { hashOfFiles, installedPackage } from "../installed-package.ts";
import type { WebRuntime } from "./web-runtimes.ts";

/** Files that pages load of a package beside what is bundled: the folder that they are in, and their names. */
const served: Readonly<Record<string, { readonly folder: string; readonly names: RegExp }>> = {
  "onnxruntime-web": {
    folder: "dist",
    names: /^ort(\.(wasm|webgpu|all))?\.min\.mjs$|^ort-wasm-simd-threaded(\.\w+)?\.(mjs|wasm)$/,
  },
  "@tensorflow/tfjs-backend-wasm": {
    folder: "dist",
    names: /^tfjs-backend-wasm(-threaded)?(-simd)?\.wasm$/,
  },
  "@litertjs/core": { folder: "wasm", names: /^litert_wasm_(\w+_)?internal\.(js|wasm)$/ },
};

/** A file that a runtime's page loads; undefined for a name that is not one of those served. */
export function readRuntimeFile(
  { package: name }: Pick<WebRuntime, "package">,
  file: string,
): Uint8Array<ArrayBuffer> | undefined {
  const kind = served[name];
  if (!kind?.names.test(file)) return undefined;
  try {
    return new Uint8Array(readFileSync(join(installedPackage(name).folder, kind.folder, file)));
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}

/** Version of a runtime's package, and the hash of what computes in it. Throws a UserError where it is not installed. */
export function runtimeIdentity({ package: name, binaries }: WebRuntime): {
  readonly version: string;
  readonly build: string;
} {
  const { folder, version } = installedPackage(name);
  return { version, build: hashOfFiles(binaries.map((file) => join(folder, file))) };
}
