import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { memory } from "@tensorflow/tfjs-core";
import { afterAll, describe, expect, it } from "vitest";
import { agentOn, type DeviceOptions, deviceOf, probeDevices } from "../../devices/index.ts";
import { localMachine, localSurroundings } from "../../devices/local-machine.ts";
import { openRuntime } from "../../devices/parts.ts";
import type { Transport } from "../../devices/transport.ts";
import { localTransport } from "../../devices/transports/local.ts";
import { benchmarkTransport } from "./fake-benchmark-model.ts";
import { fakePerfTest } from "./fake-perf-test.ts";
import { runtimeSuite } from "./runtime-suite.ts";
import { law } from "./tflite-law.ts";

type Options = Pick<DeviceOptions, "threads" | "precision">;

/** This machine, its agent in this process. */
const here =
  (runtime: string) =>
  async (options: Options = {}) =>
    deviceOf("local", agentOn(await localMachine({ runtime, meters: ["none"] })), options);

runtimeSuite("ort-cpu", here("ort-cpu"), {
  version: /^1\.\d+\.\d+/,
  lacks: "float16",
  tolerance: 1e-5,
});

runtimeSuite("tfjs-cpu", here("tfjs-cpu"), {
  version: /^4\.\d+\.\d+$/,
  mostThreads: 1,
  lacks: "int8",
  tolerance: 1e-5,
  held: () => memory().numTensors,
});

const folder = mkdtempSync(join(tmpdir(), "wattsplit-runtimes-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A machine whose benchmark program is a stand-in; its models lie in this folder. */
const driven =
  (name: string, transport: Transport, models: string, runner: string) =>
  async (options: Options = {}) => {
    const surroundings = {
      ...localSurroundings(),
      transport,
      folder: models,
      settings: { runner },
    };
    const runtime = await openRuntime(name, surroundings);
    const machine = await localMachine({ runtime: "ort-cpu", meters: ["none"] });
    return deviceOf("board", agentOn({ ...machine, runtime }), options);
  };

const program = join(folder, "program");
writeFileSync(program, fakePerfTest, { mode: 0o755 });
for (const [name, transport, version] of [
  ["ort-perf-test", localTransport(), /^unknown$/],
  ["tflite", benchmarkTransport(program, law), /^XNNPACK delegate$/],
] as const) {
  const models = join(folder, name);
  mkdirSync(models);
  runtimeSuite(name, driven(name, transport, models, program), {
    version,
    lacks: "float16",
    tolerance: undefined,
    held: () => readdirSync(models).length,
  });
}

describe("TensorFlow's library in Node", () => {
  it.each(["tfjs-node", "tfjs-node-gpu"])(
    "is refused where nobody installed %s, with the command that does",
    async (name) => {
      const rows = await probeDevices("local", { parts: [name] });

      expect(rows).toEqual([
        expect.objectContaining({
          name,
          works: false,
          remedy: expect.stringMatching(
            new RegExp(`npm install @tensorflow/${name}@4|Use Node 22`),
          ),
        }),
      ]);
    },
  );
});
