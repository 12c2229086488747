import type { Device } from "../devices/index.ts";
import type { Conditions, NetworkMeasurement, QualityFlag } from "../energy-db/index.ts";
import type { Network } from "../src/network/network.ts";
import type { Weights } from "../src/network/parameters.ts";
import type { Random } from "../src/random.ts";
import { openMeterSession } from "./energy/window.ts";
import { type MeasureOptions, measureNetwork } from "./measure-network.ts";
import { Patience } from "./patience.ts";
import { openProbe } from "./probe.ts";
import { type SamplingRules, samplingRules } from "./sampling.ts";

/** What somebody predicted for a network: the table's answers, as plain records. */
export interface Prediction {
  readonly latency_s: number;
  readonly energy_j?: number;
  readonly layers: readonly { readonly layer: string; readonly latency_s: number }[];
}

/** One layer, predicted and measured; the measured time is the node profiler's, without the calibration. */
export interface VerifiedLayer {
  readonly layer: string;
  readonly predicted_s: number;
  readonly measured_s: number;
}

export interface Verification {
  readonly predicted: Prediction;
  /** To be stored with `table.addNetworkMeasurement`. */
  readonly measured: NetworkMeasurement;
  /** (predicted - measured) / measured. */
  readonly latencyError: number;
  /** The same for energy; absent unless predicted and measured. */
  readonly energyError?: number;
  readonly layers: readonly VerifiedLayer[];
  readonly conditions: Conditions;
  readonly flags: readonly QualityFlag[];
  /** Why an energy window was thrown away. */
  readonly invalidEnergy: readonly string[];
}

export interface VerifyOptions {
  readonly device: Device;
  readonly network: Network;
  /** The network's own; random without zeros when absent. */
  readonly weights?: Weights;
  readonly predicted: Prediction;
  readonly batch?: number;
  /** Which load of this network in its session; default 0. */
  readonly load?: number;
  /** Of the probe network when the costs were measured, s, by `undisturbedLatency`: only as fast is calm. */
  readonly undisturbed_s?: number | undefined;
  /** Spent at most on waiting for calm moments, s; default 60. A measurement flagged "drift" found none. */
  readonly patience_s?: number | undefined;
  readonly random: Random;
  readonly rules?: SamplingRules;
  readonly signal?: AbortSignal | undefined;
}

/** Runs a network on the device in the same way as the profile did, and holds it against its prediction. */
export async function verifyNetwork(options: VerifyOptions): Promise<Verification> {
  const { device, predicted, batch = 1, rules = samplingRules, patience_s = 60 } = options;
  const meter = await openMeterSession(device.meter, device.clock);
  const invalidEnergy: string[] = [];
  const probe = await openProbe(device, options.undisturbed_s);
  const measured = await measureCalmly(new Patience(device.clock, patience_s), {
    ...options,
    batch,
    rules,
    probe,
    role: "verify",
    position: 0,
    load: options.load ?? 0,
    ...(meter ? { meter } : {}),
    onInvalidEnergy: (reason) => invalidEnergy.push(reason),
  }).finally(() => probe.close());
  const energyError = relativeError(predicted.energy_j, measured.energy?.gross.energy_j);
  return {
    predicted,
    measured,
    latencyError: predicted.latency_s / measured.latency.floor.latency_s - 1,
    ...(energyError === undefined ? {} : { energyError }),
    layers: measured.kernels.map(({ layer, latency }) => ({
      layer,
      predicted_s: predicted.layers.find((cost) => cost.layer === layer)?.latency_s ?? Number.NaN,
      measured_s: latency.latency_s,
    })),
    conditions: measured.conditions,
    flags: measured.flags,
    invalidEnergy,
  };
}

/** Waits for a calm moment, and measures again when it did not last. */
async function measureCalmly(
  patience: Patience,
  options: Omit<MeasureOptions, "patience">,
): Promise<NetworkMeasurement> {
  for (;;) {
    const { probe, rules, signal } = options;
    await probe.awaitCalm(rules.allowedSlowdown, { patience, signal });
    const measured = await measureNetwork({ ...options, patience });
    if (!measured.flags.includes("drift") || !patience.isLeft) return measured;
  }
}

const relativeError = (predicted?: number, measured?: number): number | undefined =>
  predicted === undefined || measured === undefined ? undefined : predicted / measured - 1;
