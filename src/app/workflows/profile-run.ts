import { type Device, openDevice, type Precision, systemClock } from "../../../devices/index.ts";
import { type EnergyTable, type Method, openTable } from "../../../energy-db/index.ts";
import {
  type PlanOptions,
  type ProfileOutcome,
  type ProfilePlan,
  profile,
} from "../../../profiler/index.ts";
import { UserError } from "../../errors.ts";
import type { Network } from "../../network/network.ts";
import type { SearchStart } from "../../network/search-start.ts";
import { freeGroups } from "../../network/width-groups.ts";
import { seededRandom } from "../../random.ts";
import { formatPercent } from "../../units.ts";
import { deviceSurroundings } from "./device-surroundings.ts";
import type { WorkContext } from "./work-context.ts";

export interface ProfileRun {
  readonly context: WorkContext;
  /** Measured one after the other: the time limit is that of all. */
  readonly plans: readonly [ProfilePlan, ...ProfilePlan[]];
  readonly db: string;
  readonly device: string;
  readonly runtime?: string | undefined;
  readonly precision?: Precision | undefined;
  readonly runner?: string | undefined;
  readonly meter: string;
  readonly threads: number;
  readonly method?: Method;
  readonly assumePower?: number;
  readonly timeLimit?: number;
  readonly patience?: number;
  /** Networks are loaded again until their intervals are this narrow, however long it takes. */
  readonly targetCi?: number | undefined;
  readonly sustained?: boolean | undefined;
  readonly allowConditions?: boolean | undefined;
  /** Of every network; as many as its interval needs where absent. */
  readonly loads?: number;
}

/** Opens device and table, measures what the plans still lack, and says how each that was begun ended. */
export async function runProfile(
  run: ProfileRun,
): Promise<readonly [ProfileOutcome, ...ProfileOutcome[]]> {
  const { context, db, runtime, precision, runner, meter, threads } = run;
  const device = await openDevice(run.device, {
    runtime,
    precision,
    runner,
    meter,
    threads,
    isSustained: run.sustained,
    ...deviceSurroundings(context),
  });
  try {
    const table = openTable(db, { mode: "write", create: true });
    try {
      return await measurePlans(run, device, table);
    } finally {
      table.close();
    }
  } finally {
    await device.close();
  }
}

async function measurePlans(
  run: ProfileRun,
  device: Device,
  table: EnergyTable,
): Promise<readonly [ProfileOutcome, ...ProfileOutcome[]]> {
  const { terminal, signal, version } = run.context;
  const { timeLimit = Number.POSITIVE_INFINITY } = run;
  const start_s = systemClock.now_s();
  const left_s = (): number => timeLimit - (systemClock.now_s() - start_s);
  const measure = (plan: ProfilePlan): Promise<ProfileOutcome> =>
    profile({
      device,
      table,
      plan,
      toolVersion: version,
      ...(run.method ? { method: run.method } : {}),
      ...(run.loads ? { loads: run.loads, maxLoads: run.loads } : {}),
      random: seededRandom(plan.seed),
      assumePower_w: run.assumePower,
      timeLimit_s: left_s(),
      patience_s: run.patience,
      ...(run.targetCi === undefined ? {} : { refineWithin_s: Number.POSITIVE_INFINITY }),
      signal,
      allowConditions: run.allowConditions,
      onProgress: (progress) => terminal.progress(progress),
      onNotice: (notice) => terminal.warn(notice),
    });
  const [first, ...others] = run.plans;
  const outcomes: [ProfileOutcome, ...ProfileOutcome[]] = [await measure(first)];
  for (const plan of others) {
    if (outcomes.at(-1)?.stoppedBy !== "done" || left_s() <= 0) break;
    outcomes.push(await measure(plan));
  }
  return outcomes;
}

/** One line on how a profile ended and what its held-out networks say. */
export function outcomeText({
  measured,
  skipped,
  present,
  stoppedBy,
  summary,
  flags,
}: ProfileOutcome): string {
  const before = present > 0 ? `; ${present} were in the table, all of ${skipped} networks` : "";
  const counts = `${measured} loads of networks measured${before}`;
  const raised = Object.entries(flags).map(([flag, count]) => `${count} ${flag}`);
  const flagged = raised.length > 0 ? `; flagged: ${raised.join(", ")}` : "";
  const error =
    summary?.medianError === undefined || summary.p90Error === undefined
      ? "; too few networks to judge the costs yet"
      : `; error of the sum on ${summary.heldOutNetworks} held-out networks: median ` +
        `${formatPercent(summary.medianError)}, 90th percentile ${formatPercent(summary.p90Error)}`;
  return `${counts} (${stoppedBy})${flagged}${error}`;
}

/** Narrower than a search starts from: the cheapest width may lie above the narrowest, and only measuring tells. */
const narrow = 16;

/** Floors of a profile: each group's own width, or less, so that networks around the first edge are measured too. */
const floorsBelow = (network: Network): ReadonlyMap<string, number> =>
  new Map(freeGroups(network).map(({ name, width }) => [name, Math.min(width, narrow)]));

/** What is measured for a start: its operators where blocks have several, wirings where it has cells, else its widths. */
export const profiledSpace = ({
  space,
  network,
  caps,
  operators,
  cells,
}: SearchStart): Pick<
  PlanOptions,
  "name" | "network" | "caps" | "floors" | "operators" | "cells"
> => ({
  name: space,
  network,
  caps,
  ...(cells ? { cells } : {}),
  ...(operators ? { operators } : { floors: floorsBelow(network) }),
});

/** --strict: too many flagged networks, or too large an error, is exit code 4. */
export function requireReliable({ summary, flags, measured }: ProfileOutcome): void {
  const flagged = Math.max(0, ...Object.values(flags));
  const p90 = summary?.p90Error ?? Number.POSITIVE_INFINITY;
  if (p90 <= 0.1 && flagged <= measured / 4) return;
  throw new UserError(
    `The measurement is unreliable: 90th percentile of the held-out error ${formatPercent(p90)}, ` +
      `${flagged} of ${measured} networks flagged alike`,
    { hint: "Quiet the machine, fix its clock, and profile into a new table.", exit: "unreliable" },
  );
}
