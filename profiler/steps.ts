import type { Device } from "../devices/index.ts";
import type { EnergyTable, Method, NetworkMeasurement, QualityFlag } from "../energy-db/index.ts";
import type { OnProgress } from "../src/progress.ts";
import type { Random } from "../src/random.ts";
import type { EnergyRules, MeterSession } from "./energy/window.ts";
import { measureIsolated } from "./isolated.ts";
import { measureNetwork } from "./measure-network.ts";
import type { Patience } from "./patience.ts";
import type { PlannedNetwork, ProfilePlan } from "./plan.ts";
import { protocol } from "./platform.ts";
import { type Probe, probeNetwork } from "./probe.ts";
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
  /** Spent on waiting for calm moments, per network and on average; default 5. Then measuring goes on in the noise. */
  readonly patience_s?: number | undefined;
  /** Stops after the batch in flight, whose network is then measured by the next run. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: OnProgress | undefined;
  readonly rules?: SamplingRules;
  readonly energyRules?: EnergyRules;
}

/** A session in progress. */
export interface Session extends ProfileOptions {
  readonly platformId: number;
  readonly sessionId: number;
  readonly patience: Patience;
  /** On the device's clock. */
  readonly deadline_s: number;
  /** Flags of what was measured, one list each. */
  readonly flagged: (readonly QualityFlag[])[];
  readonly invalidEnergy: string[];
}

/** One measurement of a run. */
export interface Step {
  readonly label: string;
  readonly isStored: boolean;
  measure(probe: Probe, meter: MeterSession | undefined): Promise<Finished>;
}

/** Measured, and to be stored in one transaction or not at all. */
export interface Finished {
  readonly flags: readonly QualityFlag[];
  store(): void;
}

export const networkSteps = (
  session: Session,
  networks: readonly PlannedNetwork[],
): readonly Step[] =>
  networks.map((planned) => ({
    label: `${planned.role} network`,
    isStored: isStored(session, planned),
    measure: (probe, meter) =>
      measureNow(session, planned, probe, planned.metered ? meter : undefined),
  }));

function isStored(session: Session, { network, role }: PlannedNetwork): boolean {
  const { table, platformId, plan } = session;
  const wanted = { space: plan.space.name, protocol, loads: 1, metered: false };
  return table.missingLoads(platformId, { network, role, batch: plan.space.batch }, wanted) === 0;
}

export const isolatedSteps = (session: Session): readonly Step[] =>
  session.plan.kernels.map((kernel, position) => ({
    label: `${kernel.op} kernel alone`,
    isStored: session.table.hasIsolated(session.platformId, kernel, protocol),
    measure: async (probe) => {
      const shared = measuring(session, probe);
      const measured = await measureIsolated(kernel, { ...shared, position, load: 0 });
      const { table, platformId, sessionId } = session;
      return {
        flags: measured.flags,
        store: () => table.addKernelMeasurements(platformId, sessionId, "isolated", [measured]),
      };
    },
  }));

/** The fixed probe network as a network like any other. */
export const probeStep = (session: Session, position: number, probe: Probe): Promise<Finished> =>
  measureNow(session, { network: probeNetwork, role: "canary", position }, probe);

async function measureNow(
  session: Session,
  { network, role, position }: Pick<NetworkMeasurement, "network" | "role" | "position">,
  probe: Probe,
  meter?: MeterSession,
): Promise<Finished> {
  const { table, platformId, sessionId, plan } = session;
  const measured = await measureNetwork({
    ...measuring(session, probe),
    network,
    role,
    position,
    load: table.nextLoad(sessionId, { network, role, batch: plan.space.batch }),
    batch: plan.space.batch,
    ...(meter ? { meter } : {}),
    onInvalidEnergy: (reason) => session.invalidEnergy.push(reason),
  });
  return {
    flags: measured.flags,
    store: () => table.addNetworkMeasurement(platformId, sessionId, measured),
  };
}

/** What all measurements of a run share. */
const measuring = (
  { device, plan, patience, random, signal, rules = samplingRules }: Session,
  probe: Probe,
) => ({
  device,
  probe,
  patience,
  random,
  signal,
  rules: { ...rules, targetCi: plan.targetCi },
});
