import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { systemClock } from "../clock.ts";
import type { Availability } from "../meter.ts";
import type { Runtime } from "../runtime.ts";

const packageName = "onnxruntime-node";
const resolve = createRequire(import.meta.url);

/** ONNX Runtime's own CPU kernels. Loaded at first use: the process that asks for measurements never needs it. */
export function ortCpuRuntime(): Runtime {
  const profiler = { rehearsed: false };
  const sessions = () => import("./ort-session.ts");
  return {
    id: "ort-cpu",
    version: packageVersion(),
    precisions: ["float32", "int8"],
    build: async () => binaryHash() ?? "unknown",
    probe,
    load: async (model, { threads }) => (await sessions()).loadSession(model, threads, systemClock),
    profile: async (model, { threads }) =>
      (await sessions()).profileSession(model, threads, systemClock, profiler),
  };
}

async function probe(): Promise<Availability> {
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
}

function packageVersion(): string {
  const manifest: unknown = resolve(`${packageName}/package.json`);
  return typeof manifest === "object" && manifest && "version" in manifest
    ? String(manifest.version)
    : "unknown";
}

/** SHA-256 over the shared libraries of this platform, in the order of their names. */
function binaryHash(): string | undefined {
  try {
    const bin = join(dirname(resolve.resolve(`${packageName}/package.json`)), "bin");
    const abi = readdirSync(bin).find((name) => name.startsWith("napi-v"));
    if (!abi) return undefined;
    const folder = join(bin, abi, process.platform, process.arch);
    const hash = createHash("sha256");
    for (const file of readdirSync(folder).sort()) hash.update(readFileSync(join(folder, file)));
    return hash.digest("hex").slice(0, 16);
  } catch {
    return undefined;
  }
}
