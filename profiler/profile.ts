import { systemClock } from "../devices/index.ts";
import { type CostSummary, lockDevice, type QualityFlag } from "../energy-db/index.ts";
import { progressOf } from "../src/progress.ts";
import { formatNumber } from "../src/units.ts";
import { canaryLatency } from "./canary.ts";
import { fitCosts } from "./fit-costs.ts";
import { measureIsolated } from "./isolated.ts";
import { type Load, measureBlock } from "./measure-block.ts";
import { type Measuring, measuringProtocol, openMeasuring } from "./measuring.ts";
import { LoadQueue } from "./queue.ts";
import { conditionNotices } from "./session-conditions.ts";
import { sessionSettings } from "./session-settings.ts";
import {
  canaryLoad,
  loadsOf,
  needOf,
  type ProfileOptions,
  type Session,
  store,
  storeLogs,
} from "./steps.ts";
import { unsettledNetworks } from "./target-ci.ts";

export interface ProfileOutcome {
  readonly platformId: number;
  readonly sessionId: number;
  /** Loads of networks (isolated: kernels) measured now. */
  readonly measured: number;
  /** Networks (isolated: kernels) that the table already had enough of, and its loads of all that are planned. */
  readonly skipped: number;
  readonly present: number;
  readonly stoppedBy: StopReason;
  /** Absent until design networks are in the table. */
  readonly summary?: CostSummary;
  /** How many of the loads measured now carry each flag; networks for "target-ci-missed". */
  readonly flags: Readonly<Partial<Record<QualityFlag, number>>>;
  /** Why energy windows were thrown away; one sentence each. */
  readonly invalidEnergy: readonly string[];
}

export type StopReason = "done" | "interrupted" | "time-limit";

/** Spent on waiting for calm moments, s: for a start, or less where every load is to wait less than it does by default. */
const firstPatience_s = 30;
const morePatience_s = 0.5;

const startPatience_s = (perLoad_s = morePatience_s): number =>
  firstPatience_s * Math.min(1, perLoad_s / morePatience_s);

/** A load measured while the machine was slow is measured again after all others, this often in total at most. */
const attempts = 3;

/**
 * Measures what the plan wants and the table lacks, one transaction per load, so that stopping at any moment loses at most
 * the block in flight and running again continues, and fits the costs. Holds the device's lock meanwhile.
 */
export async function profile(options: ProfileOptions): Promise<ProfileOutcome> {
  const { device, table, plan, clock = systemClock } = options;
  const lock = device.capabilities.simulated
    ? undefined
    : lockDevice(device.identity, {
        purpose: `profile of ${plan.space.name} into ${table.path}`,
      });
  try {
    const { id: platformId } = table.ensurePlatform(device.identity, device.details);
    const deadline_s = clock.now_s() + (options.timeLimit_s ?? Number.POSITIVE_INFINITY);
    const sessionId = table.startSession(platformId, sessionSettings(options));
    const outcome = await measureMissing(options, platformId, sessionId, deadline_s);
    const summary = fitCosts(table, platformId, {
      space: plan.space.name,
      fittedAt: clock.timestamp(),
      assumePower_w: options.assumePower_w,
    });
    table.finishSession(sessionId, clock.timestamp(), outcome.stoppedBy);
    return { ...outcome, ...(summary ? { summary } : {}) };
  } finally {
    lock?.release();
  }
}

async function measureMissing(
  options: ProfileOptions,
  platformId: number,
  sessionId: number,
  deadline_s: number,
): Promise<ProfileOutcome> {
  const { device, table, random, signal, rules, energyRules, clock, onNotice } = options;
  const flagged: (readonly QualityFlag[])[] = [];
  const invalidEnergy: string[] = [];
  const counts: Counts = { skipped: 0, present: 0, unsettled: 0 };
  const work = async (): Promise<StopReason> => {
    const measuring = await openMeasuring({
      device,
      clock,
      random,
      rules,
      energyRules,
      knownCanary_s: canaryLatency(table, platformId),
      patience_s: startPatience_s(options.patience_s),
      signal,
      allowConditions: options.allowConditions,
      heatRules: options.heatRules,
      onProgress: options.onProgress,
    });
    const { instruments } = measuring;
    table.describeInstruments(sessionId, instruments);
    if (instruments.conditions)
      for (const notice of conditionNotices(instruments.conditions)) onNotice?.(notice);
    const session: Session = { ...options, measuring, platformId, sessionId, flagged };
    try {
      return options.method === "isolated"
        ? await measureIsolatedKernels(session, deadline_s, counts)
        : await measureNetworks(session, deadline_s, counts);
    } finally {
      table.describeInstruments(sessionId, measuring.instruments);
      invalidEnergy.push(...measuring.invalidEnergy);
      for (const warning of measuring.meterWarnings) onNotice?.(warning);
    }
  };
  const stoppedBy = await work().catch((error: unknown): StopReason => {
    if (signal?.aborted && error === signal.reason) return "interrupted";
    throw error;
  });
  return {
    platformId,
    sessionId,
    measured: flagged.length,
    skipped: counts.skipped,
    present: counts.present,
    stoppedBy,
    flags: {
      ...countFlags(flagged),
      ...(counts.unsettled > 0 ? { "target-ci-missed": counts.unsettled } : {}),
    },
    invalidEnergy,
  };
}

interface Counts {
  skipped: number;
  present: number;
  unsettled: number;
}

async function measureNetworks(
  session: Session,
  deadline_s: number,
  counts: Counts,
): Promise<StopReason> {
  const { table, platformId, plan } = session;
  const { batch, name } = plan.space;
  table.planNetworks(
    platformId,
    name,
    plan.networks.map(({ network, role }) => ({ network, role, batch })),
  );
  const needs = plan.networks.map((planned) => needOf(session, planned));
  counts.skipped = needs.filter(({ missing }) => missing === 0).length;
  counts.present = needs.reduce((sum, { present }) => sum + present, 0);
  const first = needs.flatMap(({ planned, missing, metered }) =>
    loadsOf(session, planned, missing, { metered }),
  );
  const { clock } = session.measuring;
  const refineUntil_s = clock.now_s() + (session.refineWithin_s ?? 2 * plannedTime_s(session));
  const stopped = await measureLoads(session, first, deadline_s);
  if (stopped !== "done") return stopped;
  for (;;) {
    const { wanting, settled } = unsettledNetworks(session);
    counts.unsettled = plan.networks.length - settled;
    if (wanting.length === 0 || first.length === 0) return "done";
    if (clock.now_s() > refineUntil_s) return "done";
    if (clock.now_s() >= deadline_s) return "time-limit";
    const more = wanting.flatMap(({ planned, profileAll }) =>
      loadsOf(session, planned, 1, { profileAll }),
    );
    const stopped = await measureLoads(session, more, deadline_s);
    if (stopped !== "done") return stopped;
  }
}

const plannedTime_s = ({ plan, measuring }: Session): number =>
  plan.estimated_s + (measuring.instruments.meter ? plan.estimatedEnergy_s : 0);

async function measureLoads(
  session: Session,
  loads: readonly Load[],
  deadline_s: number,
): Promise<StopReason> {
  const { measuring, random } = session;
  const { clock, rules } = measuring;
  const queue = new LoadQueue(loads, rules.networksPerBlock, random);
  const start_s = clock.now_s();
  for (let block = 0; queue.length > 0; block++) {
    // One block, which holds what matters most, is measured however short the time.
    if (block > 0 && clock.now_s() >= deadline_s) return "time-limit";
    const elapsed_s = clock.now_s() - start_s;
    const done = Math.max(0, loads.length - queue.length);
    session.onProgress?.(progressOf(labelOf(measuring), { done, total: loads.length, elapsed_s }));
    for (const again of await measureAndStore(session, queue.nextBlock(), block))
      queue.append(again);
  }
  return "done";
}

/** What is counted, how warm the device is, and what it drew last. */
function labelOf({ temperature_c, lastPower_w }: Measuring): string {
  return [
    "loads",
    ...(temperature_c === undefined ? [] : [`${temperature_c.toFixed(0)} °C`]),
    ...(lastPower_w === undefined ? [] : [`${formatNumber(lastPower_w)} W`]),
  ].join(", ");
}

/** Stores a block's loads as they come; returns those to be measured again since the machine was slow. */
async function measureAndStore(
  session: Session,
  members: readonly Load[],
  block: number,
): Promise<readonly Load[]> {
  const { measuring, table, sessionId } = session;
  const { patience } = measuring;
  const drifted: Load[] = [];
  for await (const row of measureBlock(measuring, [...members, canaryLoad(session, block)])) {
    storeLogs(session);
    store(session, row);
    if (row.role === "canary") continue;
    patience.earn(session.patience_s ?? morePatience_s);
    if (row.flags.includes("drift") && row.attempt + 1 < attempts && patience.isLeft)
      drifted.push({
        ...row,
        attempt: row.attempt + 1,
        profiled: row.kernels.length > 0,
        metered: false,
      });
  }
  storeLogs(session);
  table.describeInstruments(sessionId, measuring.instruments);
  return drifted;
}

async function measureIsolatedKernels(
  session: Session,
  deadline_s: number,
  counts: Counts,
): Promise<StopReason> {
  const { table, platformId, sessionId, plan, measuring, flagged } = session;
  const { clock } = measuring;
  const missing = plan.kernels.filter(
    (kernel) => !table.hasIsolated(platformId, kernel, measuringProtocol),
  );
  counts.skipped = plan.kernels.length - missing.length;
  counts.present = counts.skipped;
  const start_s = clock.now_s();
  for (const [done, kernel] of missing.entries()) {
    if (clock.now_s() >= deadline_s) return "time-limit";
    const elapsed_s = clock.now_s() - start_s;
    session.onProgress?.(
      progressOf(`${kernel.op} kernel alone`, { done, total: missing.length, elapsed_s }),
    );
    const measured = await measureIsolated(measuring, kernel, done);
    table.addKernelMeasurements(platformId, sessionId, "isolated", [measured]);
    flagged.push(measured.flags);
  }
  return "done";
}

function countFlags(flagged: readonly (readonly QualityFlag[])[]): ProfileOutcome["flags"] {
  const counts: Partial<Record<QualityFlag, number>> = {};
  for (const flag of flagged.flat()) counts[flag] = (counts[flag] ?? 0) + 1;
  return counts;
}
