import { join } from "node:path";
import { loadTfjsNode, tfjsNodeBackend, tfjsNodePackages } from "../../src/tfjs-node.ts";
import { systemClock } from "../clock.ts";
import { hashOfFiles, installedPackage } from "../installed-package.ts";
import type { Runtime } from "../runtime.ts";
import { probed } from "./runner.ts";

/** Where each backend comes from, what tfjs calls it, and the file that computes. */
const kinds = {
  "tfjs-cpu": {
    package: "@tensorflow/tfjs-backend-cpu",
    backend: "cpu",
    binary: "dist/tf-backend-cpu.node.js",
  },
  "tfjs-node": {
    package: tfjsNodePackages["tfjs-node"],
    backend: tfjsNodeBackend,
    binary: "lib/napi-v8/tfjs_binding.node",
  },
  "tfjs-node-gpu": {
    package: tfjsNodePackages["tfjs-node-gpu"],
    backend: tfjsNodeBackend,
    binary: "lib/napi-v8/tfjs_binding.node",
  },
} as const;

/** TensorFlow reads them when it is loaded, before any network tells how many threads it wants. */
const oneThread = { TF_NUM_INTRAOP_THREADS: "1", TF_NUM_INTEROP_THREADS: "1" };

/** TensorFlow.js in this process, without a node profiler; loaded when it is probed. */
export const tfjsRuntime = (id: keyof typeof kinds) => (): Runtime => {
  const { package: name, backend, binary } = kinds[id];
  return {
    id,
    get version() {
      return installedPackage(name).version;
    },
    modelFormat: "tfjs",
    mostThreads: 1,
    build: async () => hashOfFiles([join(installedPackage(name).folder, binary)]),
    probe: () =>
      probed(async () => {
        await loadBackend(id);
        const { startBackend } = await import("./tfjs-model.ts");
        return (await startBackend(backend))
          ? { ok: true, note: `${name} ${installedPackage(name).version}` }
          : { ok: false, reason: `the backend of ${name} does not start`, remedy };
      }, remedy),
    load: async (model) => {
      const { loadTfjsModel } = await import("./tfjs-model.ts");
      return loadTfjsModel(model, systemClock);
    },
  };
};

const remedy = "Install it anew, or use the runtime ort-cpu";

async function loadBackend(id: keyof typeof kinds): Promise<void> {
  if (id === "tfjs-cpu") {
    await import("@tensorflow/tfjs-backend-cpu");
    return;
  }
  for (const [name, value] of Object.entries(oneThread)) process.env[name] ??= value;
  await loadTfjsNode(id, { instead: "the runtime tfjs-cpu" });
}
