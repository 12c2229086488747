import type { Clock } from "../../clock.ts";
import type { Runtime } from "../../runtime.ts";
import { loadTfjsModel, startBackend } from "../../runtimes/tfjs-model.ts";
import { unavailable } from "./availability.ts";
import type { RuntimeStart } from "./open-runtime.ts";

/** TensorFlow.js on the backend of this name, which its module has registered. Throws a UserError where it does not start. */
export async function tfjsRuntime(
  { backend, settings: { runtime: id, version, build } }: RuntimeStart,
  clock: Clock,
): Promise<Runtime> {
  if (!(await startBackend(backend)))
    throw unavailable(
      `TensorFlow.js does not start ${backend} in this browser`,
      "Try --runtime tfjs-wasm, which needs WebAssembly alone.",
    );
  return {
    id,
    version,
    modelFormat: "tfjs",
    build: async () => build,
    probe: async () => ({ ok: true }),
    load: async (model) => loadTfjsModel(model, clock),
  };
}
