import { median, quantile } from "../../src/statistics.ts";
import { formatPercent } from "../../src/units.ts";
import { currentCosts } from "../fit/fit-table.ts";
import { networkTolerance } from "./networks.ts";
import { type CheckInput, type CheckResult, ok, warning } from "./result.ts";

/** How well the costs predict each network that they were fitted on when a fit leaves it out: by space, without any held out. */
export function leftOutError({ table, platformId, networks }: CheckInput): readonly CheckResult[] {
  const spaces = [...new Set(networks.map(({ space }) => space))];
  return spaces.flatMap((space) => {
    const { leftOut = [] } = currentCosts(table, platformId, "in-context", space)?.document ?? {};
    const rows = networks.filter(({ role, space: own }) => role === "design" && own === space);
    if (leftOut.length === 0)
      return [ok(`${space}: too few networks to leave one out of the fit`, rows)];
    const errors = leftOut.map(({ latency_us, residual_us }) => Math.abs(residual_us / latency_us));
    const [middle, high] = [median(errors), quantile(errors, 0.9)];
    const good = middle <= networkTolerance.median && high <= networkTolerance.p90;
    return [
      (good ? ok : warning)(
        `${space}: ${leftOut.length} networks each predicted by a fit without it, median error ${formatPercent(middle)}, ` +
          `90th percentile ${formatPercent(high)}, worst ${formatPercent(Math.max(...errors))}`,
        rows,
      ),
    ];
  });
}
