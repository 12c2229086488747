import {
  combineLoads,
  deviation,
  groupBy,
  type NetworkMeasurement,
} from "../../energy-db/index.ts";
import { combineKernels } from "../../profiler/combine-kernels.ts";
import type { EnergyRules } from "../../profiler/energy/rules.ts";
import { quantileEstimate } from "../../profiler/intervals.ts";
import { measureBlock } from "../../profiler/measure-block.ts";
import { type Measuring, openMeasuring } from "../../profiler/measuring.ts";
import { LoadQueue } from "../../profiler/queue.ts";
import { kernelsOf } from "../../src/network/kernel.ts";
import { type Network, withWidths } from "../../src/network/network.ts";
import { findPreset } from "../../src/network/presets.ts";
import { type Random, seededRandom } from "../../src/random.ts";
import {
  type Physics,
  type PowerRules,
  simulatedDevice,
  usualPhysics,
  usualPower,
  VirtualClock,
} from "./simulated-device/index.ts";
import { PowerSource } from "./simulated-device/power.ts";
import { disturbanceFactors, type Truth, trueEnergy, truthOf } from "./simulated-device/truth.ts";

/** One estimate of one run, held against what the simulator knows. */
export interface Judged {
  readonly estimator: string;
  /** "small" below 130 µs (kernels: 20 µs), "large" above. */
  readonly size: "small" | "large";
  /** Estimate over truth. */
  readonly ratio: number;
  readonly covered: boolean;
  /** Estimates of one session share its instruments' errors. */
  readonly session: number;
}

export interface CoverageOptions {
  readonly seed: number;
  readonly networks: number;
  readonly loads: number;
  /** Of the first so many networks. */
  readonly metered: number;
  readonly physics?: Physics;
  readonly power?: PowerRules;
  readonly energyRules?: EnergyRules;
  /** Of the meter, where there are several kinds. */
  readonly label?: string;
}

/** Runs one session of the protocol on a simulated machine, and judges everything it estimates. */
export async function coverageSession(options: CoverageOptions): Promise<readonly Judged[]> {
  const { seed, loads, physics: given = usualPhysics, power = usualPower, energyRules } = options;
  const physics = { ...given, seed, ...(options.metered > 0 ? { power } : {}) };
  const random = seededRandom(seed);
  const networks = Array.from({ length: options.networks }, (_, i) => randomNetwork(i, random));
  const { device, clock, disturbances, source } = await simulatedDevice(physics);
  const measuring = await openMeasuring({ device, clock, random, patience_s: 30, energyRules });
  const start_s = clock.now_s();
  const rows = await measureAll(measuring, networks, loads, random);
  const factors = disturbanceFactors(physics);
  const state = disturbances.meanState(start_s);
  const truths = new Map(
    networks.map((network) => [network, truthOf(physics, network, factors, state)]),
  );
  const metering = { from_s: clock.now_s(), factorTime_s: source?.factorTime_s ?? 0 };
  const energies = await meterAll(measuring, networks.slice(0, options.metered));
  const drift =
    ((source?.factorTime_s ?? 0) - metering.factorTime_s) / (clock.now_s() - metering.from_s);
  const meanOfEnergies = disturbances.meanState(start_s);
  const judged = [
    ...judgeNetworks(rows, truths, random),
    ...judgeKernels(rows, physics, measuring, state),
    ...energies.flatMap((row) =>
      judgeEnergy(
        row,
        trueEnergy(truthOf(physics, row.network, factors, meanOfEnergies), power, drift),
        sizeOfNetwork(truthOf(physics, row.network, factors, meanOfEnergies).floor_s),
        options.label,
      ),
    ),
  ];
  return judged.map((one) => ({ ...one, session: seed }));
}

async function measureAll(
  measuring: Measuring,
  networks: readonly Network[],
  loads: number,
  random: Random,
): Promise<readonly NetworkMeasurement[]> {
  const wanted = networks.flatMap((network, position) =>
    Array.from({ length: loads }, (_, load) => ({
      network,
      position,
      load,
      role: "design" as const,
      batch: 1,
      attempt: 0,
      profiled: true,
      metered: false,
    })),
  );
  const queue = new LoadQueue(wanted, measuring.rules.networksPerBlock, random);
  const rows: NetworkMeasurement[] = [];
  while (queue.length > 0)
    for await (const row of measureBlock(measuring, queue.nextBlock())) rows.push(row);
  return rows;
}

async function meterAll(
  measuring: Measuring,
  networks: readonly Network[],
): Promise<readonly NetworkMeasurement[]> {
  const rows: NetworkMeasurement[] = [];
  const wanted = networks.map((network, position) => ({
    network,
    position,
    load: 0,
    role: "design" as const,
    batch: 1,
    attempt: 0,
    profiled: true,
    metered: true,
  }));
  if (wanted.length > 0) for await (const row of measureBlock(measuring, wanted)) rows.push(row);
  return rows;
}

/** Small networks are decided by loads and overheads, large ones by the machine's state. */
export const sizeOfNetwork = (latency_s: number): Judged["size"] =>
  latency_s < 1.3e-4 ? "small" : "large";
export const sizeOfKernel = (latency_s: number): Judged["size"] =>
  latency_s < 2e-5 ? "small" : "large";

export function judge(
  estimator: string,
  size: Judged["size"],
  { value, low, high }: { readonly value: number; readonly low: number; readonly high: number },
  truth: number,
): Omit<Judged, "session"> {
  return { estimator, size, ratio: value / truth, covered: low <= truth && truth <= high };
}

const inSeconds = (estimate: { latency_s: number; low_s: number; high_s: number }) => ({
  value: estimate.latency_s,
  low: estimate.low_s,
  high: estimate.high_s,
});

/** What the intervals were before: the bootstrap over samples of one load. */
function bootstrapOfOneLoad({ batches }: NetworkMeasurement, random: Random) {
  const calm = [...batches.latency_s].filter((_, i) => batches.kind[i] === 0 && batches.calm[i]);
  const fastest = Array.from({ length: Math.floor(calm.length / 5) }, (_, i) =>
    Math.min(...calm.slice(5 * i, 5 * i + 5)),
  );
  return quantileEstimate(fastest, 0.5, random);
}

function judgeNetworks(
  rows: readonly NetworkMeasurement[],
  truths: ReadonlyMap<Network, Truth>,
  random: Random,
): readonly Omit<Judged, "session">[] {
  return combineLoads(rows).flatMap(({ network, floor, typical, rows: [first] }) => {
    const truth = truths.get(network);
    if (!truth || !first || !typical) throw new Error("A network without its truth");
    const size = sizeOfNetwork(truth.floor_s);
    return [
      judge("network floor", size, inSeconds(floor), truth.floor_s),
      judge("network typical", size, inSeconds(typical), truth.typical_s),
      judge(
        "one load, bootstrap (as before)",
        size,
        inSeconds(bootstrapOfOneLoad(first, random)),
        truth.floor_s,
      ),
    ];
  });
}

function judgeKernels(
  rows: readonly NetworkMeasurement[],
  physics: Physics,
  { instruments: { recording } }: Measuring,
  state: number,
): readonly Omit<Judged, "session">[] {
  const half_s = recording ? recording.high_s - recording.time_s : 0;
  const feels = new Map(
    rows.flatMap(({ network, latency }) =>
      kernelsOf(network).map(({ kernel }) => [
        JSON.stringify(kernel),
        physics.disturbance.sensitivity(latency.floor.latency_s),
      ]),
    ),
  );
  return combineKernels(rows, half_s)
    .filter(({ belowResolution, networks }) => !belowResolution && networks === 1)
    .map((combined) => {
      const sensitivity = feels.get(JSON.stringify(combined.kernel)) ?? 1;
      const truth_s = physics.kernel_s(combined.kernel) * Math.exp(sensitivity * state);
      return judge("kernel", sizeOfKernel(truth_s), inSeconds(combined), truth_s);
    });
}

function judgeEnergy(
  { energy }: NetworkMeasurement,
  { gross_j, net_j }: ReturnType<typeof trueEnergy>,
  size: Judged["size"],
  label = "",
): readonly Omit<Judged, "session">[] {
  if (!energy?.net) throw new Error(`A metered network without net energy${label}`);
  const inJoules = (estimate: { energy_j: number; low_j: number; high_j: number }) => ({
    value: estimate.energy_j,
    low: estimate.low_j,
    high: estimate.high_j,
  });
  return [
    judge(`energy gross${label}`, size, inJoules(energy.gross), gross_j),
    judge(`energy net${label}`, size, inJoules(energy.net), net_j),
  ];
}

/** Networks by turns small and large, with widths of their own. */
function randomNetwork(i: number, random: Random): Network {
  const network = findPreset("mnist-cnn").build({});
  const [low, high] = i % 2 === 0 ? [6, 14] : [24, 56];
  const width = (): number => low + random.below(high - low);
  return withWidths(
    { ...network, name: `network ${i}` },
    new Map(["conv1", "conv2", "conv3"].map((layer) => [layer, width()])),
  );
}

/** Bias and coverage of one estimator. */
export interface CoverageRow {
  readonly estimator: string;
  readonly size: string;
  readonly runs: number;
  /** Mean of estimate over truth, less one, and its standard error from the means of sessions. */
  readonly bias: number;
  readonly biasError: number;
  readonly coverage: number;
}

const meanRatio = (judged: readonly Judged[]): number =>
  judged.reduce((sum, { ratio }) => sum + ratio, 0) / judged.length;

export function summariseCoverage(judged: readonly Judged[]): readonly CoverageRow[] {
  const names = [...new Set(judged.map(({ estimator, size }) => `${estimator}|${size}`))].sort();
  return names.map((name) => {
    const own = judged.filter(({ estimator, size }) => `${estimator}|${size}` === name);
    const [estimator = "", size = ""] = name.split("|");
    const bySession = [...groupBy(own, ({ session }) => String(session)).values()];
    return {
      estimator,
      size,
      runs: own.length,
      bias: meanRatio(own) - 1,
      biasError: deviation(bySession.map(meanRatio)) / Math.sqrt(bySession.length),
      coverage: own.filter(({ covered }) => covered).length / own.length,
    };
  });
}

/** Idle power as it was read before: while the process loops to keep the core awake. */
export async function spinningIdle(): Promise<{
  readonly spinning_w: number;
  readonly true_w: number;
}> {
  const clock = new VirtualClock();
  const source = new PowerSource(usualPower, clock, 1);
  const before_j = source.read().energy_j ?? Number.NaN;
  await clock.spin(1);
  const after_j = source.read().energy_j ?? Number.NaN;
  return { spinning_w: after_j - before_j, true_w: usualPower.idle_w };
}
