import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { z } from "zod";
import { UserError } from "../../src/errors.ts";

const packageName = "onnxruntime-web";
const resolve = createRequire(import.meta.url).resolve;

/** Files of onnxruntime-web that pages load; web-runtimes.ts says which runtime needs which. */
const served = /^ort(\.(wasm|webgpu|all))?\.min\.mjs$|^ort-wasm-simd-threaded(\.\w+)?\.(mjs|wasm)$/;

/** A file of onnxruntime-web; undefined for a name that is not one of those served. */
export function readRuntimeFile(name: string): Uint8Array<ArrayBuffer> | undefined {
  if (!served.test(name)) return undefined;
  try {
    return new Uint8Array(readFileSync(join(folder(), name)));
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}

/** Version of onnxruntime-web. */
export const runtimeVersion = (): string =>
  z
    .object({ version: z.string() })
    .parse(JSON.parse(readFileSync(join(folder(), "..", "package.json"), "utf8"))).version;

/** Hash of a runtime's binary as it is served. */
export const runtimeBuild = (wasm: string): string =>
  createHash("sha256")
    .update(readRuntimeFile(wasm) ?? "")
    .digest("hex")
    .slice(0, 16);

function folder(): string {
  try {
    return dirname(resolve(`${packageName}/ort-wasm-simd-threaded.wasm`));
  } catch (error) {
    throw new UserError(`${packageName} is not installed, which pages run networks with`, {
      hint: `npm install ${packageName}`,
      exit: "unavailable",
      cause: error,
    });
  }
}
