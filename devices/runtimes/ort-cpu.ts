import { type ChildProcess, fork } from "node:child_process";
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";
import { exportNetwork } from "../../src/network/export.ts";
import { encodeModel } from "../../src/onnx/encode.ts";
import type { LayerTimes, LoadedModel, Model, Runtime } from "../runtime.ts";
import type { HostAnswer, HostCall } from "./ort-calls.ts";

const packageName = "onnxruntime-node";
const resolve = createRequire(import.meta.url);

/**
 * ONNX Runtime's own CPU kernels, in a process that does nothing else: a call from one that has trained networks
 * before takes tens of microseconds longer, and so do small networks.
 */
export function ortCpuRuntime(): Runtime {
  let host: Host | undefined;
  return {
    id: "ort-cpu",
    version: packageVersion(),
    probe: async () => {
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
    },
    load: (model, { threads }) => {
      host ??= new Host();
      return loadModel(host, model, threads);
    },
    close: async () => {
      await host?.close();
      host = undefined;
    },
  };
}

function packageVersion(): string {
  const manifest: unknown = resolve(`${packageName}/package.json`);
  return typeof manifest === "object" && manifest && "version" in manifest
    ? String(manifest.version)
    : "unknown";
}

async function loadModel(host: Host, model: Model, threads: number): Promise<LoadedModel> {
  const graph = exportNetwork(model.network, model.weights, { batch: model.batch });
  const source = {
    bytes: encodeModel(graph),
    inputShape: graph.inputs[0]?.shape ?? [],
    layers: model.network.layers.map(({ name }) => name),
    threads,
  };
  const { id: handle } = await host.ask({ kind: "load", source });
  return {
    ...runner((runs, batches) => host.times({ kind: "run", handle, runs, batches })),
    profiled: async () => {
      const { id: profile } = await host.ask({ kind: "profile", handle });
      return {
        ...runner((runs, batches) =>
          host.times({ kind: "run-profiled", handle: profile, runs, batches }),
        ),
        finish: () => host.layerTimes({ kind: "finish", handle: profile }),
      };
    },
    close: async () => {
      await host.ask({ kind: "close", handle });
    },
  };
}

/** A single batch is one of a row of one. */
const runner = (
  runBatches: LoadedModel["runBatches"],
): Pick<LoadedModel, "run" | "runBatches"> => ({
  runBatches,
  run: async (runs) => (await runBatches(runs, 1))[0] ?? Number.NaN,
});

interface Waiting {
  readonly resolve: (answer: HostAnswer) => void;
  readonly reject: (error: Error) => void;
}

/** The measuring process and the calls it has not answered yet. */
class Host {
  readonly #process: ChildProcess;
  readonly #waiting = new Map<number, Waiting>();
  #calls = 0;

  constructor() {
    this.#process = fork(hostPath(), { execArgv: hostArguments(), serialization: "advanced" });
    // Typed by the only process that answers here: ort-host.ts.
    this.#process.on("message", (answer: HostAnswer) => {
      const waiting = this.#waiting.get(answer.id);
      this.#waiting.delete(answer.id);
      if (answer.error === undefined) waiting?.resolve(answer);
      else waiting?.reject(new Error(`ONNX Runtime failed: ${answer.error}`));
    });
    this.#process.on("exit", (code, signal) => {
      for (const { reject } of this.#waiting.values())
        reject(new Error(`The measuring process ended by ${signal ?? `exit code ${code}`}`));
    });
  }

  ask(call: HostCall): Promise<HostAnswer> {
    const id = ++this.#calls;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#process.send({ id, call });
    });
  }

  async times(call: HostCall): Promise<readonly number[]> {
    const { result } = await this.ask(call);
    if (!result || "layers" in result) throw new Error(`No times for "${call.kind}"`);
    return result;
  }

  async layerTimes(call: HostCall): Promise<LayerTimes> {
    const { result } = await this.ask(call);
    if (!result || !("layers" in result)) throw new Error(`No layer times for "${call.kind}"`);
    return result;
  }

  async close(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const ended = new Promise((resolve) => this.#process.once("exit", resolve));
    this.#process.disconnect();
    await ended;
  }
}

/** In a checkout the sources run through tsx, in the built package the compiled file does. */
const isSource = (): boolean => import.meta.url.endsWith(".ts");
const hostPath = (): string =>
  fileURLToPath(new URL(isSource() ? "./ort-host.ts" : "./ort-host.js", import.meta.url));
const hostArguments = (): string[] =>
  isSource() ? ["--import", pathToFileURL(resolve.resolve("tsx")).href] : [];
