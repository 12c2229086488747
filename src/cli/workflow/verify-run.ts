import { openDevice, systemClock } from "../../../devices/index.ts";
import {
  type CostTable,
  loadCosts,
  type NetworkCost,
  openTable,
} from "../../../energy-db/index.ts";
import {
  canaryLatency,
  loadSpread,
  measuringProtocol,
  type Verified,
  verifyNetwork,
} from "../../../profiler/index.ts";
import type { Network } from "../../network/network.ts";
import type { Weights } from "../../network/parameters.ts";
import { seededRandom } from "../../random.ts";
import type { CommandContext } from "../context.ts";
import type { VerificationRecord } from "./search-folder.ts";

export interface VerifyRun {
  readonly context: CommandContext;
  readonly db: string;
  readonly device: string;
  readonly runtime: string;
  readonly meter: string;
  readonly threads: number;
  readonly space: string;
  readonly seed: number;
  /** Per network, s. */
  readonly patience?: number;
}

/** A network and its name in messages. */
export interface NetworkToVerify {
  readonly label: string;
  readonly network: Network;
  readonly weights?: Weights;
}

/** Measures networks one after the other on the device, adds the rows to the table, and compares with its answers. */
export async function runVerify(
  run: VerifyRun,
  networks: readonly NetworkToVerify[],
): Promise<readonly VerificationRecord[]> {
  const { context, db, runtime, meter, threads, space, seed } = run;
  const device = await openDevice(run.device, { runtime, meter, threads });
  try {
    const table = openTable(db, { mode: "write" });
    try {
      const platform = table.ensurePlatform(device.identity, device.details);
      const costs = loadCosts(table, platform.id, { space });
      const sessionId = table.startSession(platform.id, {
        kind: "verify",
        protocol: measuringProtocol,
        space,
        toolVersion: context.version,
        seed,
        startedAt: systemClock.timestamp(),
        settings: { verified: networks.map(({ label }) => label).join(", ") },
      });
      const records: VerificationRecord[] = [];
      for (const { label, network, weights } of networks) {
        context.signal.throwIfAborted();
        context.terminal.note(`measuring ${label} on ${run.device}`);
        const predicted = costs.networkCost(network);
        const verified = await verifyNetwork({
          device,
          network,
          weights,
          knownCanary_s: canaryLatency(table, platform.id),
          spread: loadSpread(
            table.networkMeasurements(platform.id, { space, protocol: measuringProtocol }),
          ),
          patience_s: run.patience,
          random: seededRandom(seed),
          signal: context.signal,
        });
        if (verified.flags.includes("drift"))
          context.terminal.warn(
            `${run.device} stayed slower than when the table was measured, so these times are too long: verify again when it is calm`,
          );
        const first = table.nextLoad(sessionId, { network, role: "verify", batch: 1 });
        for (const row of verified.rows)
          table.addNetworkMeasurement(platform.id, sessionId, { ...row, load: first + row.load });
        table.describeInstruments(sessionId, verified.instruments);
        records.push(recordOf(verified, predicted, costs));
      }
      table.finishSession(sessionId, systemClock.timestamp(), "done");
      return records;
    } finally {
      table.close();
    }
  } finally {
    await device.close();
  }
}

/** Per layer the table's kernel time without the calibration's slope: that is what the node profiler shows. */
function recordOf(
  { rows, combined, layers, energy, flags }: Verified,
  predicted: NetworkCost,
  { calibration }: CostTable,
): VerificationRecord {
  const slope = calibration?.slope ?? 1;
  const { latency_s, low_s, high_s } = combined.floor;
  return {
    measuredAt: rows[0]?.measuredAt ?? "",
    samples: rows.reduce((sum, { latency }) => sum + latency.samples, 0),
    predicted_s: predicted.latency_s,
    measured: { latency_s, low_s, high_s },
    error: predicted.latency_s / latency_s - 1,
    ...(energy ? { energy_j: energy.gross.energy_j, energyProvenance: energy.provenance } : {}),
    layers: predicted.layers.flatMap(({ layer, cost }) => {
      const measured = layers.find((candidate) => candidate.layer === layer);
      if (!measured) return [];
      return {
        layer,
        predicted_s: cost.latency_s / slope,
        predictedLow_s: cost.latency_low_s / slope,
        predictedHigh_s: cost.latency_high_s / slope,
        provenance: cost.provenance === "measured" ? "measured" : "interpolated",
        measured_s: measured.latency_s,
        low_s: measured.low_s,
        high_s: measured.high_s,
      };
    }),
    flags: [...flags],
  };
}
