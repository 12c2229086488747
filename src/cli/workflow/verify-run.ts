import { openDevice } from "../../../devices/index.ts";
import {
  type CostTable,
  loadCosts,
  type NetworkCost,
  openTable,
} from "../../../energy-db/index.ts";
import {
  type Prediction,
  platformOf,
  protocol,
  undisturbedLatency,
  type Verification,
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
      const platform = table.ensurePlatform(platformOf(device), device.details);
      const undisturbed_s = undisturbedLatency(table, platform.id);
      const costs = loadCosts(table, platform.id, { space });
      const sessionId = table.startSession(platform.id, {
        kind: "verify",
        protocol,
        space,
        toolVersion: context.version,
        seed,
        startedAt: device.clock.timestamp(),
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
          load: table.nextLoad(sessionId, { network, role: "verify", batch: 1 }),
          ...(weights ? { weights } : {}),
          predicted: predictionOf(predicted),
          undisturbed_s,
          patience_s: run.patience,
          random: seededRandom(seed),
          signal: context.signal,
        });
        if (verified.flags.includes("drift"))
          context.terminal.warn(
            `${run.device} stayed slower than when the table was measured, so these times are too long: verify again when it is calm`,
          );
        table.addNetworkMeasurement(platform.id, sessionId, verified.measured);
        records.push(recordOf(verified, predicted, costs));
      }
      table.finishSession(sessionId, device.clock.timestamp(), "done");
      return records;
    } finally {
      table.close();
    }
  } finally {
    await device.close();
  }
}

const predictionOf = ({ latency_s, energy_j, layers }: NetworkCost): Prediction => ({
  latency_s,
  ...(energy_j === undefined ? {} : { energy_j }),
  layers: layers.map(({ layer, cost }) => ({ layer, latency_s: cost.latency_s })),
});

/** Per layer the table's kernel time without the calibration's slope: that is what the node profiler shows. */
function recordOf(
  { measured, latencyError, flags }: Verification,
  predicted: NetworkCost,
  { calibration }: CostTable,
): VerificationRecord {
  const slope = calibration?.slope ?? 1;
  const { latency, kernels, measuredAt, energy } = measured;
  return {
    measuredAt,
    samples: latency.samples,
    predicted_s: predicted.latency_s,
    measured: latency.floor,
    error: latencyError,
    ...(energy ? { energy_j: energy.gross.energy_j, energyProvenance: energy.provenance } : {}),
    layers: predicted.layers.flatMap(({ layer, cost }) => {
      const kernel = kernels.find((candidate) => candidate.layer === layer);
      if (!kernel) return [];
      const { latency_s, low_s = latency_s, high_s = latency_s } = kernel.latency;
      return {
        layer,
        predicted_s: cost.latency_s / slope,
        predictedLow_s: cost.latency_low_s / slope,
        predictedHigh_s: cost.latency_high_s / slope,
        provenance: cost.provenance === "measured" ? "measured" : "interpolated",
        measured_s: latency_s,
        low_s,
        high_s,
      };
    }),
    flags: [...flags],
  };
}
