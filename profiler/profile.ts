import type { Device } from "../devices/index.ts";
import type {
  Calibration,
  EnergyTable,
  Method,
  NetworkMeasurement,
  QualityFlag,
  RunSettings,
} from "../energy-db/index.ts";
import { type OnProgress, progressOf } from "../src/progress.ts";
import type { Random } from "../src/random.ts";
import { calibrate } from "./calibrate.ts";
import { assumedPower, fitEnergyModel } from "./energy/model.ts";
import { type EnergyRules, type MeterSession, openMeterSession } from "./energy/window.ts";
import { measureIsolated } from "./isolated.ts";
import { measureNetwork } from "./measure-network.ts";
import type { PlannedNetwork, ProfilePlan } from "./plan.ts";
import { openProbe, type Probe, probeNetwork } from "./probe.ts";
import { refinement } from "./refine.ts";
import { type SamplingRules, samplingRules } from "./sampling.ts";

export interface ProfileOptions {
  readonly device: Device;
  /** Open for writing. */
  readonly table: EnergyTable;
  readonly plan: ProfilePlan;
  /** "isolated" times each kernel of the plan alone in a hot loop; default "in-context". */
  readonly method?: Method;
  readonly toolVersion: string;
  readonly random: Random;
  /** W; gives modelled energy where no meter is read. */
  readonly assumePower_w?: number | undefined;
  readonly timeLimit_s?: number | undefined;
  /** Stops after the batch in flight, whose network is then measured by the next run. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: OnProgress | undefined;
  readonly rules?: SamplingRules;
  readonly energyRules?: EnergyRules;
}

export interface ProfileOutcome {
  readonly platformId: number;
  /** Networks (isolated: kernels) measured now, and those that an earlier run had left in the table. */
  readonly measured: number;
  readonly skipped: number;
  readonly stoppedBy: "done" | "interrupted" | "time-limit";
  /** Absent until enough design and held-out networks are in the table. */
  readonly calibration?: Calibration;
  /** How many of the networks measured now carry each flag. */
  readonly flags: Readonly<Partial<Record<QualityFlag, number>>>;
  /** Why energy windows were thrown away; one sentence each. */
  readonly invalidEnergy: readonly string[];
}

/**
 * Measures what the plan wants and the table lacks, one transaction per network, so that stopping at any
 * moment loses at most the network in flight and running again continues. Then fits the calibration and, with
 * a meter or an assumed power, the energy model.
 */
export async function profile(options: ProfileOptions): Promise<ProfileOutcome> {
  const { device, table, plan } = options;
  const start_s = device.clock.now_s();
  const { id: platformId } = table.ensurePlatform(device.identity, device.details);
  const runId = table.startRun(platformId, runSettings(options));
  const session: Session = {
    ...options,
    platformId,
    runId,
    deadline_s: start_s + (options.timeLimit_s ?? Number.POSITIVE_INFINITY),
    flagged: [],
    invalidEnergy: [],
  };
  const planned =
    options.method === "isolated" ? isolatedSteps(session) : networkSteps(session, plan.networks);
  const first = await measureMissing(session, planned);
  const refined =
    first.stoppedBy === "done" && options.method !== "isolated"
      ? networkSteps(session, refinement(table, platformId, plan))
      : [];
  const { stoppedBy } = refined.length ? await measureMissing(session, refined) : first;
  const calibration = calibrate(table, platformId, plan.space.name);
  if (calibration) table.putCalibration(platformId, calibration);
  storeEnergyModel(session, calibration?.slope ?? 1);
  table.finishRun(runId, device.clock.timestamp(), stoppedBy);
  return {
    platformId,
    measured: session.flagged.length,
    skipped: [...planned, ...refined].filter(({ isStored }) => isStored).length,
    stoppedBy,
    ...(calibration ? { calibration } : {}),
    flags: countFlags(session.flagged),
    invalidEnergy: session.invalidEnergy,
  };
}

interface Session extends ProfileOptions {
  readonly platformId: number;
  readonly runId: number;
  /** On the device's clock. */
  readonly deadline_s: number;
  /** Flags of what was measured, one list each. */
  readonly flagged: (readonly QualityFlag[])[];
  readonly invalidEnergy: string[];
}

/** One measurement of a run. */
interface Step {
  readonly label: string;
  readonly isStored: boolean;
  measure(probe: Probe, meter: MeterSession | undefined): Promise<Finished>;
}

/** Measured, and to be stored in one transaction or not at all. */
interface Finished {
  readonly flags: readonly QualityFlag[];
  store(): void;
}

const networkSteps = (session: Session, networks: readonly PlannedNetwork[]): readonly Step[] =>
  networks.map((planned) => ({
    label: `${planned.role} network`,
    isStored: session.table.hasNetwork(
      session.platformId,
      planned.network,
      planned.role,
      session.plan.space.batch,
    ),
    measure: (probe, meter) =>
      measureNow(session, planned, probe, planned.metered ? meter : undefined),
  }));

const isolatedSteps = (session: Session): readonly Step[] =>
  session.plan.kernels.map((kernel, position) => ({
    label: `${kernel.op} kernel alone`,
    isStored: session.table.hasIsolated(session.platformId, kernel),
    measure: async (probe) => {
      const shared = measuring(session, probe);
      const measured = await measureIsolated(kernel, { ...shared, position });
      const { table, platformId, runId } = session;
      return {
        flags: measured.flags,
        store: () => table.addIsolatedMeasurement(platformId, runId, measured),
      };
    },
  }));

/** The probe network gets a row of its own this often, in networks. */
const probeEvery = 16;
/** How long to wait for a calm moment before a network, s. */
const patience_s = 3;
/** A network measured while the machine was slow is measured again after all others, this often in total. */
const attempts = 3;

async function measureMissing(
  session: Session,
  planned: readonly Step[],
): Promise<Pick<ProfileOutcome, "stoppedBy">> {
  const steps = planned.filter(({ isStored }) => !isStored);
  if (steps.length === 0) return { stoppedBy: "done" };
  const { device, signal } = session;
  const probe = await openProbe(device);
  try {
    const meter = await openMeterSession(device.meter, device.clock, session.energyRules);
    return { stoppedBy: await measureQueue(session, steps, probe, meter) };
  } catch (error) {
    if (signal?.aborted && error === signal.reason) return { stoppedBy: "interrupted" };
    throw error;
  } finally {
    await probe.close();
  }
}

async function measureQueue(
  session: Session,
  steps: readonly Step[],
  probe: Probe,
  meter: MeterSession | undefined,
): Promise<"done" | "time-limit"> {
  const { flagged, deadline_s } = session;
  const { clock } = session.device;
  const start_s = clock.now_s();
  const queue = steps.map((step) => ({ step, attempt: 1 }));
  let done = 0;
  let nextProbe = 0;
  for (const { step, attempt } of queue) {
    if (clock.now_s() >= deadline_s) return "time-limit";
    const elapsed_s = clock.now_s() - start_s;
    session.onProgress?.(progressOf(step.label, { done, total: steps.length, elapsed_s }));
    if (done >= nextProbe) {
      (await measureNow(session, { ...probeStep, position: done }, probe)).store();
      nextProbe = done + probeEvery;
    }
    await probe.awaitCalm(samplingRules.allowedSlowdown, patience_s);
    const { flags, store } = await step.measure(probe, meter);
    // The loop goes on over what is appended here.
    if (flags.includes("drift") && attempt < attempts) queue.push({ step, attempt: attempt + 1 });
    else {
      store();
      flagged.push(flags);
      done++;
    }
  }
  return "done";
}

const probeStep = { network: probeNetwork, role: "probe" } as const;

async function measureNow(
  session: Session,
  { network, role, position }: Pick<NetworkMeasurement, "network" | "role" | "position">,
  probe: Probe,
  meter?: MeterSession,
): Promise<Finished> {
  const { table, platformId, runId, plan } = session;
  const measured = await measureNetwork({
    ...measuring(session, probe),
    network,
    role,
    position,
    batch: plan.space.batch,
    ...(meter ? { meter } : {}),
    onInvalidEnergy: (reason) => session.invalidEnergy.push(reason),
  });
  return {
    flags: measured.flags,
    store: () => table.addNetworkMeasurement(platformId, runId, measured),
  };
}

/** What all measurements of a run share. */
const measuring = (
  { device, plan, random, signal, rules = samplingRules }: Session,
  probe: Probe,
) => ({
  device,
  probe,
  random,
  signal,
  rules: { ...rules, targetCi: plan.targetCi },
});

function storeEnergyModel(session: Session, slope: number): void {
  const { table, platformId, assumePower_w, plan } = session;
  const measured = table.networkMeasurements(platformId, {
    role: "design",
    space: plan.space.name,
  });
  const model =
    fitEnergyModel(measured, slope) ??
    (assumePower_w === undefined ? undefined : assumedPower(assumePower_w));
  if (model) table.putEnergyModel(platformId, model);
}

function runSettings({
  device,
  plan,
  toolVersion,
  assumePower_w,
  method,
}: ProfileOptions): RunSettings {
  return {
    space: plan.space.name,
    toolVersion,
    seed: plan.seed,
    startedAt: device.clock.timestamp(),
    settings: {
      method: method ?? "in-context",
      targetCi: plan.targetCi,
      grid: plan.space.grid,
      meter: device.meter.id,
      networks: plan.networks.length,
      ...(assumePower_w === undefined ? {} : { assumePower_w }),
    },
  };
}

function countFlags(flagged: readonly (readonly QualityFlag[])[]): ProfileOutcome["flags"] {
  const counts: Partial<Record<QualityFlag, number>> = {};
  for (const flag of flagged.flat()) counts[flag] = (counts[flag] ?? 0) + 1;
  return counts;
}
