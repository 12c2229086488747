import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Device, type DeviceOptions, modelOfKind, recordsOf } from "../../devices/index.ts";
import { sampleStep, samplingRules } from "../../profiler/sampling.ts";
import { randomWeights } from "../../src/network/initial-weights.ts";
import type { Network } from "../../src/network/network.ts";
import { findPreset } from "../../src/network/presets.ts";
import { seededRandom } from "../../src/random.ts";
import { exampleNetworks } from "../support/reference/example-networks.ts";
import { byOnnxRuntime, channelsFirst } from "../support/tflite-networks.ts";

/** What the suite is to expect of a runtime. */
export interface RuntimeFacts {
  readonly version: RegExp;
  /** That it is opened with; default 1. */
  readonly threads?: number;
  /** Networks whose outputs are compared; default all. */
  readonly networks?: readonly (keyof typeof networks)[];
  /** As many threads as there is any use for; undefined where it takes as many as are given. */
  readonly mostThreads?: number;
  /** Numbers that it does not compute in, if any. */
  readonly lacks?: DeviceOptions["precision"];
  /** Largest difference of an output from ONNX Runtime's, beside its scale; undefined where it tells times alone. */
  readonly tolerance: number | undefined;
  /** How much it holds at the moment of whatever it takes: tensors, files. */
  readonly held?: () => number;
}

const networks = {
  "mnist-cnn": findPreset("mnist-cnn").build({ multiplier: 0.25 }),
  "mobilenet-v2-cifar": findPreset("mobilenet-v2-cifar").build({ multiplier: 0.125 }),
  gated: exampleNetworks.gated,
  shuffled: exampleNetworks.shuffled,
};
const small = networks["mnist-cnn"];
const weightsOf = (network: Network) => randomWeights(network, seededRandom(1));
const rules = {
  ...samplingRules,
  ...{ warmRuns: 0, plainPerSample: 2, calmSamples: 2, maxSamples: 2, hurriedSamples: 2 },
  warmUp: { minRuns: 1, maxBatches: 1 },
};

/** What every runtime does, in this process or wherever it is. */
export function runtimeSuite(
  name: string,
  open: (options?: Pick<DeviceOptions, "threads" | "precision">) => Promise<Device>,
  facts: RuntimeFacts,
): void {
  const { threads = 1, tolerance, held } = facts;
  describe(`the runtime ${name}`, () => {
    let device: Device;
    beforeAll(async () => {
      device = await open({ threads });
    });
    afterAll(() => device?.close());

    const modelOf = (network: Network) =>
      modelOfKind(device.capabilities.models, "net", network, weightsOf(network), 1);
    const scriptOf = async (network: Network) => ({
      version: 1 as const,
      threads,
      seed: 1,
      models: [await modelOf(network)],
      steps: [sampleStep(["net"], rules, { patience_s: 0, profiled: [] })],
    });
    it("tells its name, version, build, threads and precision", () => {
      expect(device.identity).toMatchObject({
        runtime: name,
        runtimeVersion: expect.stringMatching(facts.version),
        runtimeBuild: expect.stringMatching(/^[0-9a-f]{16}$/),
        precision: device.capabilities.models.precision,
        threads,
      });
    });

    it("loads a network, times every batch of runs on its own clock, and lets go of all it took", async () => {
      const before = held?.();
      const script = await scriptOf(small);

      const raw = await device.measure(script);

      const [batches] = recordsOf(raw, "batches");
      expect(batches?.duration_s.length).toBe(2 * rules.plainPerSample);
      for (const [i, duration_s] of [...(batches?.duration_s ?? [])].entries()) {
        expect(duration_s).toBeGreaterThan(0);
        expect(batches?.runs[i]).toBeGreaterThan(0);
      }
      expect(batches?.start_s).toEqual(batches?.start_s.toSorted());
      expect(held?.()).toBe(before);
    });

    it.each(facts.networks ?? (Object.keys(networks) as (keyof typeof networks)[]))(
      tolerance === undefined
        ? "says that it tells no outputs, asked for those of %s"
        : "computes the outputs of ONNX Runtime for %s",
      async (key) => {
        const network: Network = networks[key];
        const { height, width, channels } = network.input;
        const random = seededRandom(2);
        const x = Float32Array.from({ length: height * width * channels }, () => random.normal());
        const isOnnx = device.capabilities.models.format === "onnx";
        const input = Float64Array.from(isOnnx ? channelsFirst(x, network.input) : x);
        const steps = [{ kind: "answer" as const, model: "net", input }];
        const before = held?.();

        const answered = device.measure({ ...(await scriptOf(network)), steps });

        if (tolerance === undefined) {
          await expect(answered).rejects.toThrow(`Runtime ${name} tells times alone`);
          return;
        }
        const [{ output } = { output: new Float64Array() }] = recordsOf(await answered, "answer");
        const expected = await byOnnxRuntime(network, weightsOf(network), x);
        const scale = Math.max(1, ...expected.map(Math.abs));
        expect(output).toHaveLength(expected.length);
        for (const [i, value] of expected.entries())
          expect(Math.abs((output[i] ?? Number.NaN) - value) / scale).toBeLessThan(tolerance);
        expect(held?.()).toBe(before);
      },
    );

    it("reports a file that it cannot read, and goes on with the next script", async () => {
      const script = await scriptOf(small);
      const [model] = script.models;
      const before = held?.();
      const broken = { ...script, models: [{ ...model, bytes: Uint8Array.of(1, 2, 3) }] };

      await expect(device.measure(broken as typeof script)).rejects.toThrow(/\w{3}/);
      expect(recordsOf(await device.measure(script), "batches")).toHaveLength(1);
      expect(held?.()).toBe(before);
    });

    it("stops after the batch in flight when told to", async () => {
      const script = await scriptOf(small);
      const endless = { ...rules, calmSamples: 1e6, maxSamples: 1e6, hurriedSamples: 1e6 };
      const step = sampleStep(["net"], endless, { patience_s: 1e6, profiled: [] });
      const before = held?.();
      const stopping = new AbortController();
      const reason = new Error("enough");

      const stopped = device.measure(
        { ...script, steps: [step] },
        { signal: stopping.signal, onRecord: () => stopping.abort(reason) },
      );

      await expect(stopped).rejects.toBe(reason);
      expect(held?.()).toBe(before);
    });

    it("refuses threads and numbers that it lacks, and says which it has", async () => {
      if (facts.mostThreads !== undefined)
        await expect(open({ threads: facts.mostThreads + 1 })).rejects.toMatchObject({
          exit: "usage",
          hint: expect.stringContaining(`--threads ${facts.mostThreads}`),
        });
      if (facts.lacks)
        await expect(open({ precision: facts.lacks })).rejects.toMatchObject({
          exit: "usage",
          message: expect.stringContaining(`does not compute in ${facts.lacks}`),
          hint: expect.stringContaining(device.identity.precision),
        });
    });
  });
}
