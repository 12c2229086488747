import { readdirSync } from "node:fs";
import { describe, expect, it, vi } from "vitest";
import { openDevice } from "../../devices/index.ts";
import { readTrace } from "../../devices/runtimes/ort-trace.ts";
import { randomWeights } from "../../src/network/initial-weights.ts";
import { findPreset } from "../../src/network/presets.ts";
import { seededRandom } from "../../src/random.ts";
import { sysfsFixture } from "./sysfs.ts";

describe("the ONNX Runtime kernels of this machine", () => {
  it("run a network and report every layer's time, and leave no trace behind", async () => {
    const temporary = sysfsFixture({});
    vi.stubEnv("TMPDIR", temporary);
    const device = await openDevice("local", { sysfsRoot: sysfsFixture({}) });
    const network = findPreset("mnist-cnn").build({ multiplier: 0.5 });
    const weights = randomWeights(network, seededRandom(1));
    const model = await device.runtime.load({ network, weights, batch: 2 }, { threads: 1 });

    const elapsed_s = await model.run(3);
    const profiled = await model.profiled();
    await profiled.run(20);
    const { layers, runs } = await profiled.finish();
    await model.close();
    await device.close();

    expect(elapsed_s).toBeGreaterThan(0);
    expect(layers).toEqual(network.layers.map(({ name }) => name));
    expect(runs).toHaveLength(20);
    const conv2 = runs.map((times_s) => times_s[layers.indexOf("conv2")] ?? 0);
    expect(Math.max(...conv2)).toBeGreaterThan(0);
    expect(readdirSync(temporary).filter((name) => name.startsWith("wattsplit-profile"))).toEqual(
      [],
    );
    vi.unstubAllEnvs();
  });
});

describe("reading a trace", () => {
  const event = (name: string, dur: number, cat = "Node") => ({ cat, name, dur, ts: 0 });
  const run = [
    event("SequentialExecutor::Execute", 99, "Session"),
    event("conv1_nchwc_kernel_time", 12),
    event("ReorderOutput_kernel_time", 5),
    event("pool1_kernel_time", 6),
    event("conv2/activation_kernel_time", 4),
    event("ReorderOutput_token_8_kernel_time", 3),
    event("output/flatten_kernel_time", 2),
  ];
  const read = (layers: readonly string[], times = 1) => {
    const trace = readTrace(
      JSON.stringify(Array.from({ length: times }, () => run).flat()),
      layers,
    );
    return trace.layerTimes(trace.recording_us ?? 0);
  };

  it("takes the profiler's own time, seen in a node that does nothing, off every node", () => {
    const { runs } = read(["conv1", "pool1", "conv2"]);

    // conv1 12 - 2; pool1 with the reorder it needed 5 + 6 - 4; conv2 with the last reorder 4 + 3 - 4.
    expect([...(runs[0] ?? [])].map((time_s) => Math.round(time_s * 1e6))).toEqual([10, 7, 3]);
  });

  it("splits runs where the first node comes again", () => {
    expect(read(["conv1", "pool1", "conv2"], 3).runs).toHaveLength(3);
  });

  it("gives a layer that was merged into another no time", () => {
    const { runs } = read(["conv1", "pool1", "conv2", "add1"]);

    expect(runs[0]?.[3]).toBe(0);
  });
});
