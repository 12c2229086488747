import { median, quantile } from "../../src/statistics.ts";
import { formatPercent } from "../../src/units.ts";
import { workModelOf } from "../predicted/estimate.ts";
import { type CheckInput, type CheckResult, ok } from "./result.ts";

/**
 * How well kernels of families that were left out are predicted from their work: what `estimate` says of unmeasured ones.
 * Nothing is wrong with a table whose kernels follow no simple law.
 */
export function predictedKernels({ costs }: CheckInput): readonly CheckResult[] {
  const { leftOut } = workModelOf([costs]);
  if (leftOut.length === 0)
    return [ok("Too few families of one kind to say how well unmeasured kernels are predicted")];
  const factors = leftOut.map((ratio) => Math.max(ratio, 1 / ratio));
  return [
    ok(
      `${leftOut.length} kernels predicted without their families: off by ${formatPercent(median(factors) - 1)} (median), ` +
        `by a factor of ${quantile(factors, 0.9).toFixed(2)} (90th percentile)`,
    ),
  ];
}
