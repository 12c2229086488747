import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";
import { unknownName } from "../../errors.ts";
import type { GraphTarget } from "../trace/target.ts";
import { type BackendName, backendNames, type Engine } from "../types.ts";
import { eagerEngine } from "./eager-engine.ts";
import type { FallbackListener } from "./fallback.ts";
import { machineTarget, onnxEngine, probeProvider } from "./onnx-engine.ts";

const isOnnx = (name: BackendName): name is Extract<BackendName, `onnx-${string}`> =>
  name.startsWith("onnx-");

/**
 * An engine on the backend asked for; "auto" is CUDA where it works, else the CPU through ONNX Runtime.
 * Throws a UserError (exit "unavailable") that says what to install where the backend is missing.
 */
export async function createEngine({
  backend = "auto",
  threads = availableParallelism(),
  target,
  onFallback,
}: {
  readonly backend?: BackendName | "auto";
  readonly threads?: number;
  /** What graphs are written for; default: what is known and probed of this machine. */
  readonly target?: GraphTarget | undefined;
  /** Told of the nodes that a GPU's provider leaves to the CPU; without it nobody looks for them. */
  readonly onFallback?: FallbackListener | undefined;
} = {}): Promise<Engine> {
  const options = { threads, target, onFallback };
  if (backend === "auto") return openOnnx(await bestProvider(), options);
  if (!backendNames.includes(backend)) throw unknownName("backend", backend, backendNames);
  if (!isOnnx(backend)) return eagerEngine(backend);
  const problem = await probeProvider(backend);
  if (problem) throw problem;
  return openOnnx(backend, options);
}

const openOnnx = async (
  backend: Parameters<typeof onnxEngine>[0],
  {
    threads,
    target,
    onFallback,
  }: {
    readonly threads: number;
    readonly target: GraphTarget | undefined;
    readonly onFallback: FallbackListener | undefined;
  },
): Promise<Engine> =>
  onnxEngine(backend, target ?? (await machineTarget(backend, threads)), { onFallback });

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
