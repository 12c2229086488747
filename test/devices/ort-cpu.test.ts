import { readdirSync } from "node:fs";
import { describe, expect, it, vi } from "vitest";
import { openDevice, recordsOf, scriptModel } from "../../devices/index.ts";
import { readTrace } from "../../devices/runtimes/ort-trace.ts";
import { canaryRule } from "../../profiler/canary.ts";
import { sampleStep, samplingRules } from "../../profiler/sampling.ts";
import { randomWeights } from "../../src/network/initial-weights.ts";
import { findPreset } from "../../src/network/presets.ts";
import { seededRandom } from "../../src/random.ts";
import { sysfsFixture } from "./sysfs.ts";

const network = findPreset("mnist-cnn").build({ multiplier: 0.5 });
const model = scriptModel("net", network, randomWeights(network, seededRandom(1)), 2);
const rules = { ...samplingRules, calmSamples: 4, maxSamples: 4, hurriedSamples: 4 };

const models = { format: "onnx", precision: "float32" } as const;
const canary = await canaryRule({ models, shortestBatch_s: 0, freshBatches: false }, 1.06);
const scriptOf = (steps = [sampleStep(["net"], rules, { patience_s: 0, profiled: ["net"] })]) => ({
  version: 1 as const,
  threads: 1,
  seed: 1,
  models: [model],
  canary,
  steps,
});

describe("the agent on this machine's ONNX Runtime", () => {
  it("returns every batch and every layer's time, and leaves no trace behind", async () => {
    const temporary = sysfsFixture({});
    vi.stubEnv("TMPDIR", temporary);
    const device = await openDevice("local", { sysfsRoot: sysfsFixture({}) });

    const raw = await device.measure(scriptOf());
    await device.close();

    const [batches] = recordsOf(raw, "batches");
    const [nodes] = recordsOf(raw, "nodes");
    const perSample = rules.plainPerSample + rules.profiledPerSample;
    expect(batches?.duration_s).toHaveLength(4 * perSample);
    expect(Math.min(...(batches?.duration_s ?? [0]))).toBeGreaterThan(0);
    expect(Math.min(...(batches?.canary_s ?? [0]))).toBeGreaterThan(0);
    expect(nodes?.layers).toEqual(network.layers.map(({ name }) => name));
    expect(nodes?.times_s).toHaveLength(4 * rules.profiledPerSample * network.layers.length);
    expect(nodes?.emptyNode_s.every((time_s) => time_s > 0)).toBe(true);
    expect(recordsOf(raw, "state")).toHaveLength(2);
    expect(readdirSync(temporary).filter((name) => name.startsWith("wattsplit-profile"))).toEqual(
      [],
    );
    vi.unstubAllEnvs();
  });

  it("computes a network in integers where that is asked for, every layer's time told", async () => {
    const device = await openDevice("local", { precision: "int8" });
    const weights = randomWeights(network, seededRandom(1));
    const quantized = scriptModel("net", network, weights, 2, "int8");

    const raw = await device.measure({ ...scriptOf(), models: [quantized] });
    await device.close();

    const [nodes] = recordsOf(raw, "nodes");
    expect(device.identity.precision).toBe("int8");
    expect(nodes?.layers).toEqual(network.layers.map(({ name }) => name));
    expect(Math.min(...(nodes?.nodes ?? [0]))).toBeGreaterThan(0);
  });

  it("stops after the batch in flight when told to, and goes on with the next script", async () => {
    const device = await openDevice("local");
    const endless = { ...rules, calmSamples: 1e6, maxSamples: 1e6, hurriedSamples: 1e6 };
    const controller = new AbortController();
    const reason = new Error("enough");

    const stopped = device.measure(
      scriptOf([sampleStep(["net"], endless, { patience_s: 1e6, profiled: [] })]),
      { signal: controller.signal, onRecord: () => controller.abort(reason) },
    );
    await expect(stopped).rejects.toBe(reason);
    const after = await device.measure(scriptOf());

    expect(recordsOf(after, "batches")).toHaveLength(1);
    await device.close();
  });

  it("reports errors of the runtime, and goes on with the next script", async () => {
    const device = await openDevice("local");
    const broken = { ...model, bytes: model.bytes.slice(0, 100) };

    await expect(device.measure({ ...scriptOf(), models: [broken] })).rejects.toThrow(
      /measuring process failed/,
    );
    expect(recordsOf(await device.measure(scriptOf()), "batches")).toHaveLength(1);
    await device.close();
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
  const read = (layers: readonly string[], times = 1) =>
    readTrace(JSON.stringify(Array.from({ length: times }, () => run).flat()), layers);

  it("gives a reorder to the layer that needed it, and counts nodes", () => {
    const { runs, nodes } = read(["conv1", "pool1", "conv2"]);

    // pool1 with the reorder before it, conv2 with the last one.
    expect([...(runs[0] ?? [])].map((time_s) => Math.round(time_s * 1e6))).toEqual([12, 11, 7]);
    expect(nodes).toEqual([1, 2, 2]);
  });

  it("keeps the node that computes nothing apart", () => {
    expect(read(["conv1", "pool1", "conv2"], 2).emptyNode_s).toEqual([2e-6, 2e-6]);
  });

  it("splits runs where the first node comes again", () => {
    expect(read(["conv1", "pool1", "conv2"], 3).runs).toHaveLength(3);
  });

  it("gives a layer that was merged into another no time and no node", () => {
    const { runs, nodes } = read(["conv1", "pool1", "conv2", "add1"]);

    expect(runs[0]?.[3]).toBe(0);
    expect(nodes[3]).toBe(0);
  });
});
