import type { Clock, Device } from "../devices/index.ts";
import {
  type CombinedLatency,
  type CombinedNetwork,
  type Conditions,
  combineLoads,
  type EnergyReading,
  type LoadSpread,
  lockDevice,
  type NetworkMeasurement,
  type QualityFlag,
  type SessionInstruments,
} from "../energy-db/index.ts";
import type { Network } from "../src/network/network.ts";
import type { Weights } from "../src/network/parameters.ts";
import type { OnProgress } from "../src/progress.ts";
import type { Random } from "../src/random.ts";
import { type CombinedKernel, combineKernels } from "./combine-kernels.ts";
import type { EnergyRules } from "./energy/rules.ts";
import type { HeatRules } from "./heat.ts";
import { measureBlock } from "./measure-block.ts";
import { type Measuring, openMeasuring } from "./measuring.ts";
import type { SamplingRules } from "./sampling.ts";
import { atTableSpeed } from "./table-speed.ts";

export interface VerifyOptions {
  readonly device: Device;
  readonly batch?: number;
  /** Of the canary when the costs were measured, s, by `canaryLatency`: only as fast is calm. */
  readonly knownCanary_s?: number | undefined;
  /** Of the canary around the table's calm samples, by `tableSlowdown`: gives latencies at the table's speed. */
  readonly tableSlowdown?: number | undefined;
  /** How loads of other networks varied, by `loadSpread`: a few loads alone say little of it. */
  readonly spread?: LoadSpread | undefined;
  /** Spent at most on waiting for calm moments, s; default 60. Loads of a network begin a sixth of it apart. */
  readonly patience_s?: number | undefined;
  /** Loads are added up to `maxLoads` (default 6) while the floor's half-width is above this fraction (default 0.02). */
  readonly targetCi?: number;
  readonly maxLoads?: number;
  readonly clock?: Clock;
  readonly random: Random;
  readonly rules?: SamplingRules;
  readonly energyRules?: EnergyRules;
  readonly signal?: AbortSignal | undefined;
  /** As in a profile. */
  readonly allowConditions?: boolean | undefined;
  readonly heatRules?: HeatRules | undefined;
  readonly onProgress?: OnProgress | undefined;
}

export interface NetworkToMeasure {
  readonly network: Network;
  /** The network's own; random without zeros when absent. */
  readonly weights?: Weights | undefined;
}

/** One layer over the loads, by the node profiler: no share of the call is in it. */
export type VerifiedLayer = Pick<
  CombinedKernel,
  "kernel" | "latency_s" | "low_s" | "high_s" | "belowResolution"
> & { readonly layer: string };

export interface Verified {
  /** One per load and attempt, to be stored with `table.addNetworkMeasurement`. */
  readonly rows: readonly NetworkMeasurement[];
  readonly combined: CombinedNetwork<NetworkMeasurement>;
  /** The floor as it would be if the canary were as fast as when the table was measured; absent where that is unknown. */
  readonly atTableSpeed?: CombinedLatency;
  readonly layers: readonly VerifiedLayer[];
  /** Of the first load that has one. */
  readonly energy?: EnergyReading;
  readonly conditions: Conditions;
  /** "drift": no load found calm moments enough. "target-ci-missed": the interval stayed wide. */
  readonly flags: readonly QualityFlag[];
}

export interface Verification {
  readonly networks: readonly Verified[];
  readonly instruments: SessionInstruments;
  /** Why energy windows were thrown away. */
  readonly invalidEnergy: readonly string[];
  /** What the meter showed, raw. */
  readonly meterLogs: Measuring["meterLogs"];
}

const loads = 3;
const defaultPatience_s = 60;
/** Share of the patience by which loads of a network are apart. */
const apart = 1 / 6;
/** How long a rest goes on after somebody asked to stop, s. */
const shortRest_s = 0.5;

/**
 * Measures networks on the device in the way the profile did: at least three loads of each, all interleaved, then more
 * of those whose interval is wide, and again those that found no calm moments, as long as patience is left. A machine's speed
 * holds for seconds, so loads one after the other would agree on the same wrong value: the device rests between them.
 */
export async function verifyNetworks(
  options: VerifyOptions,
  networks: readonly NetworkToMeasure[],
): Promise<Verification> {
  const { device, patience_s = defaultPatience_s } = options;
  const lock = device.capabilities.simulated
    ? undefined
    : lockDevice(device.identity, { purpose: "verify" });
  try {
    const measuring = await openMeasuring({ ...options, patience_s });
    const rows = await measureUntilSettled(measuring, options, networks);
    return {
      networks: networks.map((_, i) => judged(options, rows[i] ?? [], measuring)),
      instruments: measuring.instruments,
      invalidEnergy: measuring.invalidEnergy,
      meterLogs: measuring.meterLogs,
    };
  } finally {
    lock?.release();
  }
}

/** One network alone. */
export async function verifyNetwork(
  options: VerifyOptions & NetworkToMeasure,
): Promise<Verified & Omit<Verification, "networks">> {
  const { networks, ...session } = await verifyNetworks(options, [options]);
  const [verified] = networks;
  if (!verified) throw new Error("Nothing was verified");
  return { ...verified, ...session };
}

async function measureUntilSettled(
  measuring: Measuring,
  options: VerifyOptions,
  networks: readonly NetworkToMeasure[],
): Promise<readonly (readonly NetworkMeasurement[])[]> {
  const { batch = 1, maxLoads = 2 * loads } = options;
  const rows: NetworkMeasurement[][] = networks.map(() => []);
  const wantsMore = (own: readonly NetworkMeasurement[]): boolean => {
    const calm = own.filter(({ flags }) => !flags.includes("drift"));
    if (own.length - calm.length > 0 && calm.length < loads) return measuring.patience.isLeft;
    return calm.length < loads || (calm.length < maxLoads && isWide(options, own));
  };
  for (let begun_s = Number.NEGATIVE_INFINITY; ; ) {
    const open = rows.flatMap((own, i) => (own.length < loads || wantsMore(own) ? i : []));
    const chosen = open.slice(0, measuring.rules.networksPerBlock);
    if (chosen.length === 0) return rows;
    await restUntil(begun_s + apart * (options.patience_s ?? defaultPatience_s), measuring);
    begun_s = measuring.clock.now_s();
    const block = chosen.map((i) => {
      const own = rows[i] ?? [];
      const drifted = own.filter(({ flags }) => flags.includes("drift"));
      const redone = drifted.length > 0 && own.length >= loads;
      return {
        network: networks[i]?.network ?? never(),
        weights: networks[i]?.weights,
        role: "verify" as const,
        batch,
        position: i,
        load: own.length,
        attempt: 0,
        profiled: true,
        metered: own.length === 0 || redone ? own.every(({ energy }) => !energy) : false,
      };
    });
    for await (const row of measureBlock(measuring, block)) rows[row.position]?.push(row);
  }
}

async function restUntil(time_s: number, { clock, signal }: Measuring): Promise<void> {
  for (let left_s = time_s - clock.now_s(); left_s > 0; left_s = time_s - clock.now_s()) {
    signal?.throwIfAborted();
    await clock.sleep(Math.min(left_s, shortRest_s));
  }
}

const combinedOf = (
  { spread }: VerifyOptions,
  rows: readonly NetworkMeasurement[],
): CombinedNetwork<NetworkMeasurement> | undefined => combineLoads(rows, spread)[0];

function isWide(options: VerifyOptions, rows: readonly NetworkMeasurement[]): boolean {
  const floor = combinedOf(options, rows)?.floor;
  const { targetCi = 0.02 } = options;
  return floor === undefined || (floor.high_s - floor.low_s) / 2 > targetCi * floor.latency_s;
}

function judged(
  options: VerifyOptions,
  rows: readonly NetworkMeasurement[],
  { instruments }: Measuring,
): Verified {
  const combined = combinedOf(options, rows) ?? never();
  const { time_s = 0, high_s = 0 } = instruments.recording ?? {};
  const kernels = combineKernels(combined.rows, high_s - time_s);
  const energy = rows.find((row) => row.energy)?.energy;
  const { tableSlowdown } = options;
  const levelled =
    tableSlowdown === undefined
      ? undefined
      : combinedOf(
          options,
          rows.map((row) => atTableSpeed(row, tableSlowdown)),
        )?.floor;
  const flags = new Set(combined.rows.flatMap((row) => row.flags));
  if (isWide(options, rows)) flags.add("target-ci-missed");
  return {
    rows,
    combined,
    ...(levelled ? { atTableSpeed: levelled } : {}),
    layers: (combined.rows[0]?.kernels ?? []).flatMap(({ layer, kernel }) => {
      const found = kernels.find((other) => other.kernel === kernel);
      return found ? { ...found, layer } : [];
    }),
    ...(energy ? { energy } : {}),
    conditions: combined.rows[0]?.conditions ?? {},
    flags: [...flags],
  };
}

const never = (): never => {
  throw new Error("A block gave rows that nobody asked for");
};
