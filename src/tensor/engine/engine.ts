import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";
import { unknownName } from "../../errors.ts";
import { type BackendName, backendNames, type Engine } from "../types.ts";
import { eagerEngine } from "./eager-engine.ts";
import { onnxEngine, probeProvider } from "./onnx-engine.ts";

const isOnnx = (name: BackendName): name is Extract<BackendName, `onnx-${string}`> =>
  name.startsWith("onnx-");

/**
 * An engine on the backend asked for; "auto" is CUDA where it works, else the CPU through ONNX Runtime.
 * Throws a UserError (exit "unavailable") that says what to install where the backend is missing.
 */
export async function createEngine({
  backend = "auto",
  threads = availableParallelism(),
}: {
  readonly backend?: BackendName | "auto";
  readonly threads?: number;
} = {}): Promise<Engine> {
  if (backend === "auto") return onnxEngine(await bestProvider(), threads);
  if (!backendNames.includes(backend)) throw unknownName("backend", backend, backendNames);
  if (!isOnnx(backend)) return eagerEngine(backend);
  const problem = await probeProvider(backend);
  if (problem) throw problem;
  return onnxEngine(backend, threads);
}

/** A provider that cannot run is no error here: the next one is asked. */
async function bestProvider(): Promise<"onnx-cuda" | "onnx-cpu"> {
  if (!hasCudaLibrary()) return "onnx-cpu";
  return (await probeProvider("onnx-cuda")) ? "onnx-cpu" : "onnx-cuda";
}

/** Asked first, because ONNX Runtime prints an error when it has to look for the library in vain. */
function hasCudaLibrary(): boolean {
  const folder = dirname(createRequire(import.meta.url).resolve("onnxruntime-node/package.json"));
  return readdirSync(join(folder, "bin"), { recursive: true, encoding: "utf8" }).some((path) =>
    path.includes("onnxruntime_providers_cuda"),
  );
}
