import type { VerificationRecord } from "./search-folder.ts";

/** What was measured of a network, as it was and at the table's speed. */
export type MeasuredLatency = Pick<VerificationRecord, "measured"> & {
  readonly atTableSpeed?: VerificationRecord["measured"] | undefined;
};

/**
 * The latency that budgets are held against, when finalists are confirmed as when what was found is verified: at the table's
 * speed where the canary tells it, since a budget is in the table's seconds, whatever the moment was like.
 */
export const judgedLatency = ({
  measured,
  atTableSpeed,
}: MeasuredLatency): VerificationRecord["measured"] => atTableSpeed ?? measured;

/** A value of any unit with its 95 % interval. */
export interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** One estimate over another that is independent of it; errors to first order. */
export function ratioOf(own: Estimate, whole: Estimate): Estimate {
  const value = own.value / whole.value;
  const half = value * Math.hypot(relativeHalf(own), relativeHalf(whole));
  return { value, low: value - half, high: value + half };
}

const relativeHalf = ({ value, low, high }: Estimate): number => (high - low) / 2 / value;

export const latencyEstimate = (record: MeasuredLatency): Estimate => {
  const { latency_s, low_s, high_s } = judgedLatency(record);
  return { value: latency_s, low: low_s, high: high_s };
};

/** Metered, or else the table's power for the time that is judged; undefined where nobody knows a power. */
export function energyEstimate(
  record: MeasuredLatency & Pick<VerificationRecord, "energy">,
): Estimate | undefined {
  const { energy } = record;
  if (!energy) return undefined;
  return energy.power_w === undefined
    ? { value: energy.energy_j, low: energy.low_j, high: energy.high_j }
    : scaled(latencyEstimate(record), energy.power_w);
}

export const scaled = ({ value, low, high }: Estimate, factor: number): Estimate => ({
  value: factor * value,
  low: factor * low,
  high: factor * high,
});
