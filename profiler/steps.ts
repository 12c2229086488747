import type { Clock, Device } from "../devices/index.ts";
import type {
  EnergyTable,
  Method,
  NetworkMeasurement,
  NetworkRole,
  QualityFlag,
} from "../energy-db/index.ts";
import type { OnProgress } from "../src/progress.ts";
import type { Random } from "../src/random.ts";
import { canaryNetwork } from "./canary.ts";
import type { EnergyRules } from "./energy/rules.ts";
import type { HeatRules } from "./heat.ts";
import type { Load } from "./measure-block.ts";
import { type Measuring, measuringProtocol } from "./measuring.ts";
import type { PlannedNetwork, ProfilePlan } from "./plan.ts";
import type { SamplingRules } from "./sampling.ts";

export interface ProfileOptions {
  readonly device: Device;
  /** Open for writing. */
  readonly table: EnergyTable;
  readonly plan: ProfilePlan;
  /** "isolated" times each kernel of the plan alone in a hot loop; default "in-context". */
  readonly method?: Method;
  readonly toolVersion: string;
  readonly random: Random;
  /** The host's, for time limits and dates. */
  readonly clock?: Clock | undefined;
  /** W; gives modelled energy where no meter is read. */
  readonly assumePower_w?: number | undefined;
  /** Independent loads of every network, 3 by default; up to `maxLoads` (4) while `--target-ci` is missed. */
  readonly loads?: number | undefined;
  readonly maxLoads?: number | undefined;
  readonly timeLimit_s?: number | undefined;
  /** More loads for the sake of intervals are begun this long after the start at most; default twice the plan's time. */
  readonly refineWithin_s?: number | undefined;
  /** Spent on waiting for calm moments, per load and on average; default 0.5. Then measuring goes on in the noise. */
  readonly patience_s?: number | undefined;
  /** Stops after the batch in flight, whose block is then measured by the next run. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: OnProgress | undefined;
  /** Told what is amiss about the device's state. */
  readonly onNotice?: ((notice: string) => void) | undefined;
  /** Measures whatever state the device is in, and flags the rows; else waits, or refuses with a UserError. */
  readonly allowConditions?: boolean | undefined;
  readonly heatRules?: HeatRules | undefined;
  readonly rules?: SamplingRules | undefined;
  readonly energyRules?: EnergyRules | undefined;
}

/** A profile in progress. */
export interface Session extends ProfileOptions {
  readonly measuring: Measuring;
  readonly platformId: number;
  readonly sessionId: number;
  /** Flags of what was measured, one list each. */
  readonly flagged: (readonly QualityFlag[])[];
}

export const defaultLoads = 3;
export const defaultMaxLoads = 4;

/** What the table has of a planned network, and lacks. */
export interface Need {
  readonly planned: PlannedNetwork;
  readonly present: number;
  readonly missing: number;
  /** Whether its energy is still to be metered. */
  readonly metered: boolean;
}

export function needOf(
  { table, platformId, plan, measuring, loads = defaultLoads }: Session,
  planned: PlannedNetwork,
): Need {
  const { network, role } = planned;
  const good = (metered: boolean): number =>
    table.goodLoads(
      platformId,
      { network, role, batch: plan.space.batch },
      { protocol: measuringProtocol, space: plan.space.name, metered },
    );
  const present = good(false);
  const metered = planned.metered && measuring.instruments.meter !== undefined && good(true) === 0;
  return { planned, present, missing: Math.max(metered ? 1 : 0, loads - present), metered };
}

/**
 * So many loads of a planned network; its energy, if wanted, is metered with the first of them. Node times split costs between
 * kernels, and are taken once; whole networks, in every load, say what they add up to.
 */
export function loadsOf(
  { table, sessionId, plan: { space } }: Session,
  { network, role, position, first: isFirst }: PlannedNetwork,
  count: number,
  { profileAll = false, metered = false } = {},
): readonly Load[] {
  const first = table.nextLoad(sessionId, { network, role, batch: space.batch });
  return Array.from({ length: count }, (_, i) => ({
    network,
    role,
    batch: space.batch,
    position,
    load: first + i,
    attempt: 0,
    profiled: profileAll || first + i === 0,
    metered: metered && i === 0,
    first: isFirst && first + i === 0,
  }));
}

/** The canary as a network like any other, once in every block. */
export function canaryLoad({ table, sessionId, plan: { space } }: Session, block: number): Load {
  const place = { network: canaryNetwork, role: "canary", batch: space.batch } as const;
  return {
    ...place,
    position: block,
    load: table.nextLoad(sessionId, place),
    attempt: 0,
    profiled: false,
    metered: false,
  };
}

/** Rows of this space that may be used together. */
export const comparableRows = (
  { table, platformId, plan }: Pick<Session, "table" | "platformId" | "plan">,
  role: NetworkRole,
) =>
  table.networkMeasurements(platformId, {
    role,
    space: plan.space.name,
    protocol: measuringProtocol,
  });

export const store = (session: Session, row: NetworkMeasurement): void => {
  session.table.addNetworkMeasurement(session.platformId, session.sessionId, row);
  session.flagged.push(row.flags);
};

/** Keeps what the meter showed since the last call. */
export const storeLogs = ({ table, sessionId, measuring }: Session): void => {
  for (const log of measuring.meterLogs.splice(0)) table.addMeterLog(sessionId, log);
};
