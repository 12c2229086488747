import { UserError } from "../../src/errors.ts";
import { median, quantile } from "../../src/statistics.ts";
import { formatPercent } from "../../src/units.ts";
import { type CostTable, loadCosts } from "../answers/cost-table.ts";
import type { Calibration } from "../answers/version-1-models.ts";
import type { StoredNetworkMeasurement } from "../read-networks.ts";
import { type CheckInput, type CheckResult, ok, warning } from "./result.ts";

/** Errors above which a table does not predict networks well. */
const tolerance = { medianError: 0.05, p90Error: 0.1 };

/** The calibration's own verdict, and the same taken anew from the rows that are stored now. */
export function heldOutError(input: CheckInput): readonly CheckResult[] {
  if (input.calibrations.length === 0)
    return [
      warning(
        "No calibration: sums of kernel times are not networks' latencies. Finish a profile run.",
      ),
    ];
  return input.calibrations.flatMap((calibration) => {
    const { space, heldOutNetworks } = calibration;
    const stored = verdict(
      `${space}: when calibrated, ${heldOutNetworks} held-out networks`,
      calibration,
      [],
    );
    return [stored, recomputed(input, space)];
  });
}

function recomputed({ table, platformId, networks }: CheckInput, space: string): CheckResult {
  const costs = loadCosts(table, platformId, { space });
  const heldOut = networks.filter(
    (network) =>
      network.space === space && (network.role === "held-out" || network.role === "verify"),
  );
  const errors: number[] = [];
  const refused: number[] = [];
  for (const { id, network, batch, latency } of heldOut) {
    const predicted = predictedLatency(costs, network, batch);
    if (predicted === undefined) refused.push(id);
    else errors.push(Math.abs(predicted / latency.floor.latency_s - 1));
  }
  if (refused.length > 0)
    return warning(
      `${space}: ${refused.length} of ${heldOut.length} held-out and verified networks have kernels without a cost`,
      refused,
    );
  if (errors.length === 0)
    return warning(`${space}: no network was held out, so nothing judges the costs`);
  return verdict(
    `${space}: from the rows, ${errors.length} held-out and verified networks`,
    { medianError: median(errors), p90Error: quantile(errors, 0.9) },
    heldOut.map(({ id }) => id),
  );
}

/** Undefined where a kernel has no cost; other errors are ours and go on. */
function predictedLatency(
  costs: CostTable,
  network: StoredNetworkMeasurement["network"],
  batch: number,
): number | undefined {
  try {
    return costs.networkCost(network, { batch }).latency_s;
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}

function verdict(
  what: string,
  { medianError, p90Error }: Pick<Calibration, "medianError" | "p90Error">,
  rows: readonly number[],
): CheckResult {
  const good = medianError <= tolerance.medianError && p90Error <= tolerance.p90Error;
  return {
    severity: good ? "ok" : "warning",
    message: `${what}: median error ${formatPercent(medianError)}, 90th percentile ${formatPercent(p90Error)}`,
    rows,
  };
}

export function positiveOverhead({ calibrations }: CheckInput): readonly CheckResult[] {
  const negative = calibrations.filter(({ overhead_s }) => overhead_s < 0);
  if (negative.length === 0) return [ok("No calibration has a negative overhead")];
  return negative.map(({ space }) =>
    warning(
      `${space}: the calibration's overhead is negative; costs of small networks come out too low`,
    ),
  );
}
