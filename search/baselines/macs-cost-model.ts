import { UserError } from "../../src/errors.ts";
import { kernelMacs, networkMacs } from "../../src/network/costs.ts";
import type { Network } from "../../src/network/network.ts";
import { median } from "../../src/statistics.ts";
import type { Cost, CostModel } from "../cost-model.ts";

/** A network with what it was measured to cost. */
export interface MeasuredNetwork extends Cost {
  readonly network: Network;
}

/**
 * What searches without a table assume: an overhead plus a rate times the multiply-accumulates, here the robust line
 * through measured networks, so that the proxy is as good as a proxy by MACs can be. Only on request (`--cost macs`), to
 * compare with. Throws a UserError where fewer than two sizes were measured.
 */
export function macsCostModel(measured: readonly MeasuredNetwork[], source: string): CostModel {
  const sized = measured.map((cost) => ({ ...cost, macs: networkMacs(cost.network) }));
  if (new Set(sized.map(({ macs }) => macs)).size < 2)
    throw new UserError(`${source} has ${measured.length} measured networks to fit costs by MACs`, {
      hint: "Profile networks of several sizes (wattsplit profile), or search with --cost table.",
      exit: "unavailable",
    });
  const lineOf = (amounts: readonly (number | undefined)[]): Line | undefined => {
    const points = sized.flatMap(({ macs }, i) => {
      const y = amounts[i];
      return y === undefined ? [] : [{ x: macs, y }];
    });
    return points.length < 2 ? undefined : robustLine(points);
  };
  const latency = lineOf(sized.map(({ latency_s }) => latency_s));
  const energy = lineOf(sized.map(({ energy_j }) => energy_j));
  const cost = (amount: (line: Line) => number): Cost => ({
    latency_s: latency ? amount(latency) : Number.NaN,
    ...(energy ? { energy_j: amount(energy) } : {}),
  });
  return {
    source: `a line through the MACs of ${measured.length} networks of ${source}`,
    overhead: cost(({ intercept }) => intercept),
    kernel: (kernel) => cost(({ slope }) => slope * kernelMacs(kernel)),
  };
}

interface Point {
  readonly x: number;
  readonly y: number;
}

interface Line {
  readonly intercept: number;
  readonly slope: number;
}

/**
 * Median of the slopes between all pairs, then the median of what is left (Theil 1950, Sen 1968): up to 29 % of the points
 * may lie anywhere. A line that would start below zero goes through the origin instead: no call costs less than nothing.
 */
function robustLine(points: readonly Point[]): Line {
  const slopes = points.flatMap(({ x, y }, i) =>
    points.slice(i + 1).flatMap((other) => (other.x === x ? [] : [(other.y - y) / (other.x - x)])),
  );
  const slope = median(slopes);
  const intercept = median(points.map(({ x, y }) => y - slope * x));
  if (intercept >= 0 && slope > 0) return { intercept, slope };
  return { intercept: 0, slope: median(points.map(({ x, y }) => y / x)) };
}
