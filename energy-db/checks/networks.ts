import { UserError } from "../../src/errors.ts";
import { median, quantile } from "../../src/statistics.ts";
import { formatPercent, formatSeconds } from "../../src/units.ts";
import type { CostTable } from "../answers/cost-table.ts";
import { loadCosts } from "../answers/load-costs.ts";
import { groupBy } from "../group-by.ts";
import { combineLoads } from "../loads/combine-loads.ts";
import type { StoredNetworkMeasurement } from "../read-networks.ts";
import { type CheckInput, type CheckResult, ok, warning } from "./result.ts";

/** Errors above which a table does not predict networks well. */
export const networkTolerance = { median: 0.05, p90: 0.1 };

/** One network that took no part in the fit, predicted and measured in one session. */
interface Judged {
  /** (predicted - measured) / measured */
  readonly error: number;
  readonly latency_s: number;
  readonly family: string;
  readonly session: string;
  readonly rows: readonly number[];
}

/** How well sums of kernels predict networks held out, by family, size and session; and networks verified later. */
export function heldOutError(input: CheckInput): readonly CheckResult[] {
  const spaces = [...new Set(input.networks.filter(isJudge).map(({ space }) => space))];
  if (spaces.length === 0)
    return [warning("No network was held out, so nothing judges the costs. Finish a profile run.")];
  return spaces.flatMap((space) => spaceErrors(input, space));
}

const isJudge = ({ role }: StoredNetworkMeasurement): boolean =>
  role === "held-out" || role === "verify";

function spaceErrors({ table, platformId, networks }: CheckInput, space: string) {
  const costs = loadCosts(table, platformId, { space });
  const own = networks.filter((row) => row.space === space && isJudge(row));
  const refused: number[] = [];
  const judge = (role: "held-out" | "verify") =>
    [
      ...groupBy(
        own.filter((row) => row.role === role),
        ({ sessionId }) => sessionId,
      ),
    ].flatMap(([sessionId, rows]) => judgeSession(rows, costs, `session ${sessionId}`, refused));
  const heldOut = judge("held-out");
  const verified = judge("verify");
  return [
    ...(refused.length > 0
      ? [
          warning(
            `${space}: ${refused.length} rows of networks with kernels without a cost`,
            refused,
          ),
        ]
      : []),
    ...verdicts(`${space}, held out`, heldOut, () => "all"),
    ...verdicts(`${space}, held out`, heldOut, ({ family }) => family),
    ...verdicts(`${space}, held out`, heldOut, ({ latency_s }) => sizeOf(latency_s)),
    ...verdicts(`${space}, held out`, heldOut, ({ session }) => session),
    ...verdicts(`${space}, verified`, verified, () => "all"),
  ];
}

function judgeSession(
  rows: readonly StoredNetworkMeasurement[],
  costs: CostTable,
  session: string,
  refused: number[],
): readonly Judged[] {
  return combineLoads(rows).flatMap(({ network, batch, floor, rows: loads }) => {
    const ids = loads.map(({ id }) => id);
    const predicted_s = predictedLatency(costs, network, batch);
    if (predicted_s === undefined) {
      refused.push(...ids);
      return [];
    }
    const { latency_s } = floor;
    const family = network.name.split(", ")[1] ?? network.name;
    return [{ error: predicted_s / latency_s - 1, latency_s, family, session, rows: ids }];
  });
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

/** Sizes that stand apart by what decides them: overheads, a mixture, arithmetic. */
const sizeBorders_s = [1e-4, 3e-4];

function sizeOf(latency_s: number): string {
  const [small = 0, large = 0] = sizeBorders_s;
  if (latency_s < small) return `below ${formatSeconds(small)}`;
  return latency_s < large
    ? `${formatSeconds(small)} to ${formatSeconds(large)}`
    : `above ${formatSeconds(large)}`;
}

const verdicts = (
  what: string,
  judged: readonly Judged[],
  classOf: (network: Judged) => string,
): readonly CheckResult[] =>
  [...groupBy(judged, classOf)].map(([name, group]) => {
    const errors = group.map(({ error }) => Math.abs(error));
    const [middle, high] = [median(errors), quantile(errors, 0.9)];
    const bias = median(group.map(({ error }) => error));
    const message =
      `${what}, ${name}: ${group.length} networks, median error ${formatPercent(middle)}, ` +
      `90th percentile ${formatPercent(high)}, worst ${formatPercent(Math.max(...errors))}, bias ${formatPercent(bias)}`;
    const good = middle <= networkTolerance.median && high <= networkTolerance.p90;
    return (good ? ok : warning)(
      message,
      group.flatMap(({ rows }) => rows),
    );
  });
