import { type Device, openDevice, type Precision } from "../../../devices/index.ts";
import {
  type CostTable,
  type EnergyTable,
  loadCosts,
  loadSpread,
  type NetworkCost,
  networkKey,
  openTable,
} from "../../../energy-db/index.ts";
import {
  canaryLatency,
  conditionNotices,
  measuringProtocol,
  tableSlowdown,
  type Verification,
  type Verified,
  verifyNetworks,
} from "../../../profiler/index.ts";
import { UserError } from "../../errors.ts";
import type { Network } from "../../network/network.ts";
import type { Weights } from "../../network/parameters.ts";
import { seededRandom } from "../../random.ts";
import { deviceSurroundings } from "./device-surroundings.ts";
import { costsOf } from "./open-costs.ts";
import type { VerificationRecord } from "./search-folder.ts";
import { verifiedEnergy, verifiedLayerEnergy } from "./verified-energy.ts";
import type { WorkContext } from "./work-context.ts";

export interface VerifyRun {
  readonly context: WorkContext;
  readonly db: string;
  readonly device: string;
  readonly runtime?: string | undefined;
  readonly precision?: Precision | undefined;
  readonly runner?: string | undefined;
  readonly meter: string;
  readonly threads: number;
  /** Whose costs to compare with; the newest when absent. */
  readonly space?: string | undefined;
  readonly seed: number;
  /** In all, s. */
  readonly patience?: number | undefined;
  readonly sustained?: boolean | undefined;
  readonly allowConditions?: boolean | undefined;
}

/** A network and its name in messages. */
export interface NetworkToVerify {
  readonly label: string;
  readonly network: Network;
  readonly weights?: Weights;
  /** "verify" when absent. */
  readonly role?: "held-out" | "verify";
  /** Whose costs to compare with, where that is another space than the run's. */
  readonly space?: string;
}

/** The networks that were held out of a table's costs, once each, to be measured again in another session. */
export async function heldOutNetworks(
  table: EnergyTable,
  target: TableTarget,
): Promise<readonly NetworkToVerify[]> {
  const costs = await costsOf(
    table,
    target,
    target.space === undefined ? {} : { space: target.space },
  );
  const rows = table.networkMeasurements(costs.platform.id, {
    role: "held-out",
    space: costs.summary.space,
  });
  const networks = new Map(rows.map(({ network }) => [JSON.stringify(network.layers), network]));
  if (networks.size === 0)
    throw new UserError(`${table.path} holds no held-out networks of ${costs.summary.space}`, {
      hint: "Finish a profile run first, with --held-out above 0.",
      exit: "usage",
    });
  return [...networks.values()].map((network) => ({
    label: network.name,
    network,
    role: "held-out" as const,
  }));
}

interface TableTarget {
  readonly device: string;
  readonly runtime?: string | undefined;
  readonly threads: number;
  readonly platform?: number | undefined;
  readonly space?: string | undefined;
}

/** Measures networks together on the device, equal ones once, adds the rows to the table, and compares with its answers. */
export async function runVerify(
  run: VerifyRun,
  networks: readonly NetworkToVerify[],
): Promise<readonly VerificationRecord[]> {
  const { context, runtime, precision, runner, meter, threads } = run;
  const table = openTable(run.db, { mode: "write" });
  try {
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
      const platform = table.ensurePlatform(device.identity, device.details);
      const costs = loadCosts(
        table,
        platform.id,
        run.space === undefined ? {} : { space: run.space },
      );
      const costsIn = costsBySpace(costs, (space) => loadCosts(table, platform.id, { space }));
      // Refused before anything is measured.
      const predicted = networks.map(({ network, space }) => costsIn(space).networkCost(network));
      context.terminal.note(
        `Measuring ${networks.map(({ label }) => label).join(", ")} on ${run.device}`,
      );
      const distinct = new Map(networks.toReversed().map((asked) => [keyOf(asked), asked]));
      const verification = await measure(
        { ...run, space: costs.summary.space },
        [...distinct.values()],
        { device, table, platformId: platform.id },
      );
      warnOfNoise(run, verification);
      const places = [...distinct.keys()];
      return networks.flatMap((asked, i) => {
        const [prediction, verified] = [
          predicted[i],
          verification.networks[places.indexOf(keyOf(asked))],
        ];
        return prediction && verified ? [recordOf(verified, prediction, costsIn(asked.space))] : [];
      });
    } finally {
      await device.close();
    }
  } finally {
    table.close();
  }
}

/** Costs by space, loaded once each; the run's own where none is named. */
function costsBySpace(
  own: CostTable,
  load: (space: string) => CostTable,
): (space: string | undefined) => CostTable {
  const known = new Map([[own.summary.space, own]]);
  return (space = own.summary.space) => {
    const found = known.get(space) ?? load(space);
    known.set(space, found);
    return found;
  };
}

/** What makes a network another one in the table: a search may deliver the very network that it is compared with. */
const keyOf = ({ network, role }: NetworkToVerify): string =>
  `${role ?? "verify"} ${networkKey(network)}`;

interface OpenTarget {
  readonly device: Device;
  readonly table: EnergyTable;
  readonly platformId: number;
}

async function measure(
  run: VerifyRun & { readonly space: string },
  networks: readonly NetworkToVerify[],
  { device, table, platformId }: OpenTarget,
): Promise<Verification> {
  const { context, space, seed, patience } = run;
  const sessionId = table.startSession(platformId, {
    kind: "verify",
    space,
    toolVersion: context.version,
    protocol: measuringProtocol,
    seed,
    startedAt: new Date().toISOString(),
    settings: { verified: networks.map(({ label }) => label).join(", ") },
  });
  const verification = await verifyNetworks(
    {
      device,
      knownCanary_s: canaryLatency(table, platformId),
      tableSlowdown: tableSlowdown(table, platformId, space),
      spread: loadSpread(
        table.networkMeasurements(platformId, { space, protocol: measuringProtocol }),
      ),
      patience_s: patience,
      random: seededRandom(seed),
      signal: context.signal,
      allowConditions: run.allowConditions,
      onProgress: (progress) => context.terminal.progress(progress),
    },
    networks,
  );
  for (const [i, { rows }] of verification.networks.entries())
    for (const row of rows)
      table.addNetworkMeasurement(platformId, sessionId, {
        ...row,
        role: networks[i]?.role ?? "verify",
      });
  for (const log of verification.meterLogs) table.addMeterLog(sessionId, log);
  table.describeInstruments(sessionId, verification.instruments);
  table.finishSession(sessionId, new Date().toISOString(), "done");
  return verification;
}

function warnOfNoise(
  { context, device }: VerifyRun,
  { networks, instruments: { conditions } }: Verification,
): void {
  for (const notice of conditions ? conditionNotices(conditions) : [])
    context.terminal.warn(notice);
  if (networks.some(({ flags }) => flags.includes("drift")))
    context.terminal.warn(
      `${device} stayed slower than when the table was measured, so these times are too long: verify again when it is calm`,
    );
}

/** Predicted against measured, whole and layer by layer. Layers are timed by the node profiler, inside the network. */
function recordOf(
  { combined, atTableSpeed, layers, energy, rows, flags }: Verified,
  predicted: NetworkCost,
  costs: CostTable,
): VerificationRecord {
  const { floor, typical } = combined;
  const verified = verifiedEnergy(energy, predicted, floor, costs);
  return {
    measuredAt: rows[0]?.measuredAt ?? "",
    attempt: 1,
    samples: rows.reduce((sum, { latency }) => sum + latency.samples, 0),
    loads: floor.loads,
    predicted_s: predicted.latency_s,
    low_s: predicted.latency_low_s,
    high_s: predicted.latency_high_s,
    measured: { latency_s: floor.latency_s, low_s: floor.low_s, high_s: floor.high_s },
    ...(typical ? { typical_s: typical.latency_s } : {}),
    error: predicted.latency_s / floor.latency_s - 1,
    ...(atTableSpeed
      ? {
          atTableSpeed: {
            latency_s: atTableSpeed.latency_s,
            low_s: atTableSpeed.low_s,
            high_s: atTableSpeed.high_s,
            error: predicted.latency_s / atTableSpeed.latency_s - 1,
          },
        }
      : {}),
    ...(predicted.energy_j === undefined ? {} : { predicted_j: predicted.energy_j }),
    ...(predicted.net_energy_j === undefined ? {} : { predictedNet_j: predicted.net_energy_j }),
    ...(verified ? { energy: verified } : {}),
    layers: predicted.layers.flatMap(({ layer, kernel, cost }) => {
      const seen = layers.find((other) => other.layer === layer);
      if (!seen) return [];
      return {
        layer,
        predicted_s: cost.latency_s,
        predictedLow_s: cost.latency_low_s,
        predictedHigh_s: cost.latency_high_s,
        provenance: cost.provenance,
        isMeasuredWidth: costs.measured(kernel) !== undefined,
        measured_s: seen.latency_s,
        low_s: seen.low_s,
        high_s: seen.high_s,
        belowResolution: seen.belowResolution,
        ...(seen.belowResolution ? {} : verifiedLayerEnergy({ kernel }, seen, costs)),
      };
    }),
    flags: [...flags],
  };
}
