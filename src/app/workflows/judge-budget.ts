import { formatJoules, formatNumber, formatSeconds } from "../../units.ts";
import { energyEstimate, judgedLatency, type MeasuredLatency } from "./judged-latency.ts";
import type { RunRecord, VerificationRecord } from "./search-folder.ts";

export interface Judgement {
  /** A sentence for each budget that the network misses on the device. */
  readonly missed: readonly string[];
  /** A sentence for each budget that cannot be judged, and why. */
  readonly unjudged: readonly string[];
}

/**
 * A verified network against the budget it was made for: latency as measured, at the table's speed where that is known; energy
 * as verified, whatever the table promised.
 */
export function judgeBudget(
  record: MeasuredLatency & Pick<VerificationRecord, "energy">,
  budget: RunRecord["budget"],
): Judgement {
  const missed: string[] = [];
  const unjudged: string[] = [];
  const { latency_s, energy_j } = budget;
  const { energy, atTableSpeed } = record;
  const judged_s = judgedLatency(record).latency_s;
  if (latency_s !== undefined && judged_s > latency_s)
    missed.push(
      `Measured latency ${formatSeconds(judged_s)}${atTableSpeed ? " at the table's speed" : ""} exceeds the budget of ${formatSeconds(latency_s)}`,
    );
  const judged_j = energyEstimate(record)?.value;
  if (energy_j !== undefined && energy && judged_j !== undefined && judged_j > energy_j)
    missed.push(
      `Energy ${formatJoules(judged_j)}, ${energyBasis(energy)}, exceeds the budget of ${formatJoules(energy_j)}`,
    );
  if (energy_j !== undefined && !energy)
    unjudged.push(
      `The energy budget of ${formatJoules(energy_j)} was not judged: no meter ran, and the table knows no power`,
    );
  return { missed, unjudged };
}

/** How a verified energy came to be: "measured by rapl", "modelled as 10 W assumed x the time measured". */
export function energyBasis({
  provenance,
  meter,
  power_w,
}: NonNullable<VerificationRecord["energy"]>): string {
  if (power_w === undefined) return `${provenance} by ${meter}`;
  const power = `${formatNumber(power_w)} W`;
  return provenance === "modelled"
    ? `modelled as ${power} assumed x the time measured`
    : `${provenance} as ${power} by ${meter}, when the table was measured, x the time measured`;
}
