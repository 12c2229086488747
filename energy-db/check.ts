import { sampleRankCorrelation } from "simple-statistics";
import { UserError } from "../src/errors.ts";
import { median, quantile } from "../src/statistics.ts";
import { formatPercent } from "../src/units.ts";
import { type CostTable, loadCosts } from "./answers/cost-table.ts";
import { hasOneAxis } from "./answers/plane.ts";
import { describeKernel } from "./answers/refusal.ts";
import { groupBy } from "./group-by.ts";
import type { StoredKernelMeasurement, StoredNetworkMeasurement } from "./read-measurements.ts";
import type { Calibration } from "./records.ts";
import type { EnergyTable } from "./table.ts";

/** One result of a check. `ok` says that the check ran and found nothing. */
export interface Finding {
  readonly severity: "ok" | "warning" | "error";
  readonly check: keyof typeof checks;
  readonly message: string;
  /** Ids of the measurement rows (network rows for held-out and energy checks) concerned. */
  readonly rows: readonly number[];
}

/** Errors above which a table does not predict networks well. */
const tolerance = { medianError: 0.05, p90Error: 0.1 };

interface CheckInput {
  readonly table: EnergyTable;
  readonly platformId: number;
  readonly kernels: readonly StoredKernelMeasurement[];
  readonly networks: readonly StoredNetworkMeasurement[];
  readonly costs: CostTable;
  readonly calibrations: readonly Calibration[];
}

type Check = (input: CheckInput) => readonly Omit<Finding, "check">[];

/** Every check by the name it is reported under. */
const checks = {
  "held-out error": heldOutError,
  "positive costs": positiveCosts,
  samples: enoughSamples,
  flags: flaggedShare,
  "whole microseconds": wholeMicroseconds,
  "rank with work": rankWithWork,
  "constant power": constantPower,
  overhead: positiveOverhead,
} as const satisfies Record<string, Check>;

/** Looks for what published tables got wrong. Every check reports at least once. */
export function checkTable(table: EnergyTable, platformId: number): readonly Finding[] {
  const input: CheckInput = {
    table,
    platformId,
    kernels: [
      ...table.kernelMeasurements(platformId, "in-context"),
      ...table.kernelMeasurements(platformId, "isolated"),
    ],
    networks: table.networkMeasurements(platformId),
    costs: loadCosts(table, platformId),
    calibrations: table.calibrations(platformId),
  };
  return Object.entries(checks).flatMap(([check, run]) =>
    run(input).map((finding) => ({ ...finding, check: check as Finding["check"] })),
  );
}

/** The calibration's own verdict, and the same taken anew from the rows that are stored now. */
function heldOutError(input: CheckInput): ReturnType<Check> {
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

function recomputed({ table, platformId, networks }: CheckInput, space: string): Result {
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
    else errors.push(Math.abs(predicted - latency.latency_s) / latency.latency_s);
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
): Result {
  const good = medianError <= tolerance.medianError && p90Error <= tolerance.p90Error;
  return {
    severity: good ? "ok" : "warning",
    message: `${what}: median error ${formatPercent(medianError)}, 90th percentile ${formatPercent(p90Error)}`,
    rows,
  };
}

function positiveCosts({ kernels }: CheckInput): ReturnType<Check> {
  const zero = kernels.filter(({ latency }) => latency.latency_s <= 0);
  if (zero.length === 0) return [ok(`All ${kernels.length} kernel times are above zero`)];
  return [
    error(
      `${zero.length} kernel times are zero: below the timer's step, so not used in answers`,
      zero,
    ),
  ];
}

const fewestSamples = 10;

function enoughSamples({ kernels }: CheckInput): ReturnType<Check> {
  const few = kernels.filter(({ latency }) => latency.samples < fewestSamples);
  if (few.length === 0) return [ok(`Every kernel time rests on ${fewestSamples} samples or more`)];
  return [warning(`${few.length} kernel times rest on fewer than ${fewestSamples} samples`, few)];
}

const mostFlagged = 0.1;

function flaggedShare({ kernels, networks }: CheckInput): ReturnType<Check> {
  const flagged = [...networks, ...kernels].flatMap(({ flags, id }) =>
    flags.map((flag) => ({ flag, id })),
  );
  const total = networks.length + kernels.length;
  const findings = [...groupBy(flagged, ({ flag }) => flag)].map(([flag, rows]) => ({
    severity: rows.length > mostFlagged * total ? ("warning" as const) : ("ok" as const),
    message: `${formatPercent(rows.length / total)} of rows are flagged ${flag}`,
    rows: rows.map(({ id }) => id),
  }));
  return findings.length > 0 ? findings : [ok("No row is flagged")];
}

/** Times that all are whole microseconds were rounded by a coarse timer: up to 10 % of a 5 µs kernel. */
function wholeMicroseconds({ kernels }: CheckInput): ReturnType<Check> {
  const whole = kernels.filter(({ latency }) => {
    const microseconds = latency.latency_s * 1e6;
    return Math.abs(microseconds - Math.round(microseconds)) < 1e-6;
  });
  if (whole.length <= kernels.length / 2)
    return [ok("Kernel times are finer than whole microseconds")];
  return [
    warning(
      `${whole.length} of ${kernels.length} kernel times are whole microseconds: rounded`,
      whole,
    ),
  ];
}

const fewestForRank = 8;
const lowestRank = 0.8;

/** Inside a family, work grows with the product of the channel counts; cost that does not follow is suspect. */
function rankWithWork({ costs }: CheckInput): ReturnType<Check> {
  const families = [...groupBy(costs.kernels(), ({ family }) => family).values()].filter(
    (family) => family.length >= fewestForRank,
  );
  const suspect = families.flatMap((family) => {
    const [first] = family;
    const rank = sampleRankCorrelation(
      family.map(({ kernel }) => kernel.inChannels * (hasOneAxis(kernel) ? 1 : kernel.outChannels)),
      family.map(({ cost }) => cost.latency_s),
    );
    if (!first || !(rank < lowestRank)) return [];
    return [
      warning(
        `Cost hardly follows work (rank correlation ${rank.toFixed(2)}) over ${family.length} widths of ${describeKernel(first.kernel)}`,
        family.flatMap(({ cost }) => cost.rows.map((id) => ({ id }))),
      ),
    ];
  });
  if (suspect.length > 0) return suspect;
  return [
    ok(`Cost follows work in all ${families.length} families of ${fewestForRank} widths or more`),
  ];
}

/** Energy that is one power times every latency was computed, not metered. */
function constantPower({ networks }: CheckInput): ReturnType<Check> {
  const metered = networks.filter(({ energy }) => energy !== undefined);
  if (metered.length < 5) return [ok("Too few energy readings to judge")];
  const powers = metered.map(({ energy, latency }) => (energy?.energy_j ?? 0) / latency.latency_s);
  const spread = (Math.max(...powers) - Math.min(...powers)) / median(powers);
  if (spread > 1e-3) return [ok("Power differs between networks, as metered power does")];
  return [
    warning("Energy is the same power times latency in every row: derived, not metered", metered),
  ];
}

function positiveOverhead({ calibrations }: CheckInput): ReturnType<Check> {
  const negative = calibrations.filter(({ overhead_s }) => overhead_s < 0);
  if (negative.length === 0) return [ok("No calibration has a negative overhead")];
  return negative.map(({ space }) =>
    warning(
      `${space}: the calibration's overhead is negative; costs of small networks come out too low`,
    ),
  );
}

type Result = Omit<Finding, "check">;
type Rows = readonly { readonly id: number }[] | readonly number[];

const result =
  (severity: Finding["severity"]) =>
  (message: string, rows: Rows = []): Result => ({
    severity,
    message,
    rows: rows.map((row) => (typeof row === "number" ? row : row.id)),
  });
const ok = result("ok");
const warning = result("warning");
const error = result("error");
