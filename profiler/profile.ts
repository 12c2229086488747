import type { Device } from "../devices/index.ts";
import type {
  Calibration,
  EnergyTable,
  NetworkMeasurement,
  QualityFlag,
  RunSettings,
} from "../energy-db/index.ts";
import { type OnProgress, progressOf } from "../src/progress.ts";
import type { Random } from "../src/random.ts";
import { calibrate } from "./calibrate.ts";
import { assumedPower, fitEnergyModel } from "./energy/model.ts";
import { type EnergyRules, type MeterSession, openMeterSession } from "./energy/window.ts";
import { measureNetwork } from "./measure-network.ts";
import type { PlannedNetwork, ProfilePlan } from "./plan.ts";
import { openProbe, type Probe } from "./probe.ts";
import { type SamplingRules, samplingRules } from "./sampling.ts";

export interface ProfileOptions {
  readonly device: Device;
  /** Open for writing. */
  readonly table: EnergyTable;
  readonly plan: ProfilePlan;
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
  /** Networks measured now, and those that an earlier run had left in the table. */
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
  const { id: platformId } = table.ensurePlatform(device.identity, device.details);
  const missing = plan.networks.filter(
    ({ network, role }) => !table.hasNetwork(platformId, network, role, plan.space.batch),
  );
  const runId = table.startRun(platformId, runSettings(options));
  const session: Session = { ...options, platformId, runId, measured: [], invalidEnergy: [] };
  const stoppedBy = await measureAll(session, missing);
  const calibration = calibrate(table, platformId, plan.space.name);
  if (calibration) table.putCalibration(platformId, calibration);
  storeEnergyModel(session, calibration?.slope ?? 1);
  table.finishRun(runId, device.clock.timestamp(), stoppedBy);
  return {
    platformId,
    measured: session.measured.length,
    skipped: plan.networks.length - missing.length,
    stoppedBy,
    ...(calibration ? { calibration } : {}),
    flags: countFlags(session.measured),
    invalidEnergy: session.invalidEnergy,
  };
}

interface Session extends ProfileOptions {
  readonly platformId: number;
  readonly runId: number;
  readonly measured: NetworkMeasurement[];
  readonly invalidEnergy: string[];
}

/** The probe network gets a row of its own this often, in networks. */
const probeEvery = 16;

async function measureAll(
  session: Session,
  networks: readonly PlannedNetwork[],
): Promise<ProfileOutcome["stoppedBy"]> {
  if (networks.length === 0) return "done";
  const { device, plan, signal } = session;
  const { clock } = device;
  const start_s = clock.now_s();
  const probe = await openProbe(device, plan.probe, plan.space.batch);
  try {
    const meter = await openMeterSession(device.meter, clock, session.energyRules);
    for (const [done, planned] of networks.entries()) {
      const elapsed_s = clock.now_s() - start_s;
      if (elapsed_s >= (session.timeLimit_s ?? Number.POSITIVE_INFINITY)) return "time-limit";
      session.onProgress?.(
        progressOf(labelOf(planned), { done, total: networks.length, elapsed_s }),
      );
      if (done % probeEvery === 0) await storeProbe(session, probe, done);
      await measurePlanned(session, planned, probe, meter);
    }
    return "done";
  } catch (error) {
    if (signal?.aborted && error === signal.reason) return "interrupted";
    throw error;
  } finally {
    await probe.close();
  }
}

const labelOf = ({ network, role }: PlannedNetwork): string => `${role} network ${network.name}`;

async function storeProbe(session: Session, probe: Probe, position: number): Promise<void> {
  const { device, plan, random, rules = samplingRules, signal } = session;
  const measured = await measureNetwork({
    device,
    network: plan.probe,
    role: "probe",
    batch: plan.space.batch,
    position,
    rules,
    probe,
    random,
    signal,
  });
  session.table.addNetworkMeasurement(session.platformId, session.runId, measured);
}

async function measurePlanned(
  session: Session,
  planned: PlannedNetwork,
  probe: Probe,
  meter: MeterSession | undefined,
): Promise<void> {
  const { device, plan, random, signal, rules = samplingRules } = session;
  const measured = await measureNetwork({
    ...planned,
    device,
    batch: plan.space.batch,
    rules: { ...rules, targetCi: plan.targetCi },
    probe,
    random,
    signal,
    ...(meter && planned.metered ? { meter } : {}),
    onInvalidEnergy: (reason) => session.invalidEnergy.push(reason),
  });
  session.table.addNetworkMeasurement(session.platformId, session.runId, measured);
  session.measured.push(measured);
}

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

function runSettings({ device, plan, toolVersion, assumePower_w }: ProfileOptions): RunSettings {
  return {
    space: plan.space.name,
    toolVersion,
    seed: plan.seed,
    startedAt: device.clock.timestamp(),
    settings: {
      targetCi: plan.targetCi,
      grid: plan.space.grid,
      meter: device.meter.id,
      networks: plan.networks.length,
      ...(assumePower_w === undefined ? {} : { assumePower_w }),
    },
  };
}

function countFlags(measured: readonly NetworkMeasurement[]): ProfileOutcome["flags"] {
  const counts: Partial<Record<QualityFlag, number>> = {};
  for (const { flags } of measured)
    for (const flag of flags) counts[flag] = (counts[flag] ?? 0) + 1;
  return counts;
}
