import { modelOfKind, recordsOf, type ScriptModel, type StateRecord } from "../devices/index.ts";
import {
  type Conditions,
  type LoadName,
  type NetworkMeasurement,
  type NetworkRole,
  networkKey,
  type QualityFlag,
} from "../energy-db/index.ts";
import { randomWeights } from "../src/network/initial-weights.ts";
import type { Network } from "../src/network/network.ts";
import type { Weights } from "../src/network/parameters.ts";
import { seededRandom } from "../src/random.ts";
import { conditionFlags } from "./conditions.ts";
import { measureEnergies } from "./energy/measure.ts";
import { kernelTimes } from "./kernel-times.ts";
import { analyseLoad } from "./load-analysis.ts";
import type { Measuring } from "./measuring.ts";
import { awaitCalmStep, sampleStep } from "./sampling.ts";

/** One load of a network, to be measured. */
export interface Load {
  readonly network: Network;
  /** Random without zeros when absent. */
  readonly weights?: Weights | undefined;
  readonly role: NetworkRole;
  readonly batch: number;
  readonly position: number;
  readonly load: number;
  readonly attempt: number;
  /** Whether node times are wanted, where the runtime can log them. */
  readonly profiled: boolean;
  /** Measures energy too, where the device has a meter. */
  readonly metered: boolean;
  /** Measured before all others: at most one of a network, or its loads would not meet states of the machine at random. */
  readonly first?: boolean;
}

/** Weights only have to be free of zeros; a fixed seed keeps two sessions alike. */
const weightsSeed = 7;
const throttledClock = 0.97;

/**
 * Measures loads of several networks in one script, their samples interleaved; then the energies of those that are to be
 * metered. A load comes out as soon as all of it is known: those without energy first.
 */
export async function* measureBlock(
  measuring: Measuring,
  loads: readonly Load[],
): AsyncGenerator<NetworkMeasurement> {
  const models = await modelsOf(measuring, loads);
  const measured = (await sampleLoads(measuring, loads, models)).map((row, i) => ({
    row,
    model: models[i] ?? never(),
    metered: loads[i]?.metered === true && measuring.instruments.meter !== undefined,
  }));
  for (const { row, metered } of measured) if (!metered) yield row;
  const metered = measured.filter((load) => load.metered);
  for (const group of chunks(metered, measuring.energyRules.networksPerBlock)) {
    const energies = await measureEnergies(
      measuring,
      group.map(({ model }) => model),
      (name) => loadNameOf(loads[Number(name)]),
    );
    for (const { row, model } of group) {
      const energy = energies.get(model.name);
      if (energy) measuring.lastPower_w = energy.gross.energy_j / row.latency.typical.latency_s;
      yield energy ? { ...row, energy } : row;
    }
  }
}

/** Models of a script are called by the places of their loads. */
const loadNameOf = (load: Load | undefined): LoadName | undefined =>
  load && {
    key: networkKey(load.network),
    role: load.role,
    batch: load.batch,
    load: load.load,
    attempt: load.attempt,
  };

const never = (): never => {
  throw new Error("A load without a model");
};

const chunks = <T>(items: readonly T[], size: number): readonly (readonly T[])[] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, i) =>
    items.slice(i * size, (i + 1) * size),
  );

/** One load of one network, with nothing beside it but the canary. */
export async function measureNetwork(
  measuring: Measuring,
  load: Load,
): Promise<NetworkMeasurement> {
  for await (const row of measureBlock(measuring, [load])) return row;
  throw new Error("A block of one load gave no row");
}

/** One after the other: calibrating a quantised one takes memory. */
async function modelsOf(
  measuring: Measuring,
  loads: readonly Load[],
): Promise<readonly ScriptModel[]> {
  const models: ScriptModel[] = [];
  for (const [i, load] of loads.entries()) models.push(await modelOf(measuring, load, i));
  return models;
}

const modelOf = (
  { device }: Measuring,
  { network, weights, batch }: Load,
  i: number,
): Promise<ScriptModel> =>
  modelOfKind(
    device.capabilities.models,
    `${i}`,
    network,
    weights ?? randomWeights(network, seededRandom(weightsSeed)),
    batch,
  );

async function sampleLoads(
  measuring: Measuring,
  loads: readonly Load[],
  models: readonly ScriptModel[],
): Promise<readonly NetworkMeasurement[]> {
  const { rules, patience, device, clock, random } = measuring;
  await measuring.awaitConditions();
  const measuredAt = clock.timestamp();
  const block = measuring.nextBlock();
  const raw = await measuring.measure(models, [
    awaitCalmStep(patience),
    sampleStep(
      models.map(({ name }) => name),
      rules,
      {
        patience_s: patience.left_s,
        profiled: device.capabilities.nodeProfiling
          ? models.flatMap(({ name }, i) => (loads[i]?.profiled ? [name] : []))
          : [],
      },
    ),
  ]);
  measuring.learnCanary(raw);
  const { clock: deviceClock, recording } = measuring.instruments;
  const states = recordsOf(raw, "state");
  const conditions = conditionsOf(states);
  const amiss = conditionFlags(
    states.map(({ state }) => state),
    device,
  );
  return loads.map((load, i) => {
    const batches = recordsOf(raw, "batches").find(({ model }) => model === models[i]?.name);
    const nodes = recordsOf(raw, "nodes").find(({ model }) => model === models[i]?.name);
    if (!batches) throw new Error(`The device measured nothing of load ${i}`);
    const step_s = deviceClock?.step_s ?? 0;
    const analysis = analyseLoad(
      batches,
      measuring.baseline_s ?? Number.NaN,
      rules,
      step_s,
      random,
    );
    const { network, role, batch, position, attempt } = load;
    return {
      network,
      role,
      batch,
      position,
      block,
      load: load.load,
      attempt,
      measuredAt,
      provenance: provenanceOf(measuring),
      latency: analysis.latency,
      warmUpRuns: batches.warmUpRuns,
      batches: analysis.batches,
      conditions,
      flags: [
        ...analysis.flags,
        ...throttled(conditions),
        ...(batches.fallback === undefined ? [] : (["fallback"] as const)),
        ...amiss,
        ...measuring.flags,
      ],
      kernels: nodes ? kernelTimes(network, batch, nodes, analysis.calm, recording, random) : [],
    };
  });
}

const provenanceOf = ({ device }: Measuring): "measured" | "simulated" =>
  device.capabilities.simulated ? "simulated" : "measured";

function throttled({ clock_start_hz: start = 0, clock_end_hz: end = start }: Conditions) {
  return end < throttledClock * start ? (["throttled"] as const satisfies QualityFlag[]) : [];
}

/** The state before and after the script. */
function conditionsOf(states: readonly StateRecord[]): Conditions {
  const before = states[0]?.state ?? {};
  const after = states[states.length - 1]?.state ?? {};
  const found = {
    temperature_start_c: before.temperature_c,
    temperature_end_c: after.temperature_c,
    clock_start_hz: before.clock_hz,
    clock_end_hz: after.clock_hz,
    load: before.load,
  };
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined));
}
