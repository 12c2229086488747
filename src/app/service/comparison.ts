import { type CostTable, describeKernel, type PlatformSummary } from "../../../energy-db/index.ts";
import { kernelKey } from "../../network/kernel.ts";
import { median, quantile } from "../../statistics.ts";

export interface Side {
  readonly platform: PlatformSummary;
  readonly costs: CostTable;
}

/** Fields of a platform, beside its device, that may be why its costs are others. */
const fields = [
  "processor",
  "os",
  "runtime",
  "runtimeVersion",
  "precision",
  "threads",
  "powerMode",
] as const;

/** Two platforms kernel by kernel, and what differs beside the device. */
export function comparePlatforms([one, other]: readonly [Side, Side]) {
  const known = new Map(other.costs.kernels().map((row) => [kernelKey(row.kernel), row.cost]));
  const kernels = one.costs.kernels().flatMap(({ kernel, cost }) => {
    const there = known.get(kernelKey(kernel));
    return there
      ? [{ kernel: describeKernel(kernel), one_s: cost.latency_s, other_s: there.latency_s }]
      : [];
  });
  const ratios = kernels.map(({ one_s, other_s }) => other_s / one_s);
  return {
    one: one.platform.id,
    other: other.platform.id,
    differences: fields
      .filter((field) => one.platform[field] !== other.platform[field])
      .map((field) => ({ field, one: one.platform[field], other: other.platform[field] })),
    /** How many times as long the other takes; absent where no kernel was measured on both. */
    ...(ratios.length > 0
      ? {
          ratio: { median: median(ratios), p10: quantile(ratios, 0.1), p90: quantile(ratios, 0.9) },
        }
      : {}),
    kernels,
  };
}

export type Comparison = ReturnType<typeof comparePlatforms>;
