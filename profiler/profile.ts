import {
  type Calibration,
  type QualityFlag,
  type SessionSettings,
  storeCalibration,
  storeEnergyModel,
} from "../energy-db/index.ts";
import { progressOf } from "../src/progress.ts";
import { calibrate } from "./calibrate.ts";
import { assumedPower, fitEnergyModel } from "./energy/model.ts";
import { type MeterSession, openMeterSession } from "./energy/window.ts";
import { Patience } from "./patience.ts";
import { platformOf, protocol } from "./platform.ts";
import { openProbe, type Probe, undisturbedLatency } from "./probe.ts";
import { refinement } from "./refine.ts";
import { samplingRules } from "./sampling.ts";
import {
  isolatedSteps,
  networkSteps,
  type ProfileOptions,
  probeStep,
  type Session,
  type Step,
} from "./steps.ts";

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
  const { id: platformId } = table.ensurePlatform(platformOf(device), device.details);
  const sessionId = table.startSession(platformId, sessionSettings(options));
  const session: Session = {
    ...options,
    platformId,
    sessionId,
    patience: new Patience(device.clock, firstPatience_s),
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
  if (calibration) storeCalibration(table, platformId, calibration);
  fitEnergy(session, calibration?.slope ?? 1);
  table.finishSession(sessionId, device.clock.timestamp(), stoppedBy);
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

/** The probe network gets a row of its own this often, in networks. */
const probeEvery = 16;
/** Spent on waiting for calm moments: for a start, and by default more with every network, s. */
const firstPatience_s = 30;
const morePatience_s = 5;
/** How long to wait for a calm moment before a network at most, s. */
const longestWait_s = 3;
/** A network measured while the machine was slow is measured again after all others, this often in total at most. */
const attempts = 3;

async function measureMissing(
  session: Session,
  planned: readonly Step[],
): Promise<Pick<ProfileOutcome, "stoppedBy">> {
  const steps = planned.filter(({ isStored }) => !isStored);
  if (steps.length === 0) return { stoppedBy: "done" };
  const { device, signal } = session;
  const probe = await openProbe(device, undisturbedLatency(session.table, session.platformId));
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
  const { flagged, deadline_s, patience } = session;
  const { clock } = session.device;
  const start_s = clock.now_s();
  const queue = steps.map((step) => ({ step, attempt: 1 }));
  let done = 0;
  for (const { step, attempt } of queue) {
    if (clock.now_s() >= deadline_s) return "time-limit";
    const elapsed_s = clock.now_s() - start_s;
    session.onProgress?.(progressOf(step.label, { done, total: steps.length, elapsed_s }));
    await probe.awaitCalm(samplingRules.allowedSlowdown, {
      patience,
      limit_s: longestWait_s,
      signal: session.signal,
    });
    const { flags, store } = await step.measure(probe, meter);
    // The loop goes on over what is appended here.
    if (flags.includes("drift") && attempt < attempts && patience.isLeft)
      queue.push({ step, attempt: attempt + 1 });
    else {
      patience.earn(session.patience_s ?? morePatience_s);
      store();
      flagged.push(flags);
      if (done++ % probeEvery === 0) (await probeStep(session, done, probe)).store();
    }
  }
  return "done";
}

function fitEnergy(session: Session, slope: number): void {
  const { table, platformId, assumePower_w, plan } = session;
  const measured = table.networkMeasurements(platformId, {
    role: "design",
    space: plan.space.name,
  });
  const model =
    fitEnergyModel(measured, slope) ??
    (assumePower_w === undefined ? undefined : assumedPower(assumePower_w));
  if (model) storeEnergyModel(table, platformId, plan.space.name, model);
}

function sessionSettings({
  device,
  plan,
  toolVersion,
  assumePower_w,
  method,
}: ProfileOptions): SessionSettings {
  return {
    kind: "profile",
    protocol,
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
