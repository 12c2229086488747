import { median } from "../../src/statistics.ts";
import { formatPercent } from "../../src/units.ts";
import { describeKernel } from "../answers/refusal.ts";
import { hasOneAxis } from "../fit/plane.ts";
import { groupBy } from "../group-by.ts";
import { type CheckInput, type CheckResult, error, ok, warning } from "./result.ts";

/** Times lost in the profiler's resolution are no error where rows say so: whole networks tell what those kernels cost. */
export function positiveCosts({ kernels }: CheckInput): readonly CheckResult[] {
  if (kernels.length === 0)
    return [ok("The runtime times no kernel by itself: costs come from whole networks alone")];
  const zero = kernels.filter(({ latency }) => latency.latency_s <= 0);
  const unsaid = zero.filter(({ flags }) => !flags.includes("below-resolution"));
  if (unsaid.length > 0)
    return [error(`${unsaid.length} kernel times are zero, unflagged`, unsaid)];
  if (zero.length === 0) return [ok(`All ${kernels.length} kernel times are above zero`)];
  return [
    ok(
      `${zero.length} of ${kernels.length} kernel times are lost in the profiler's resolution, and flagged so`,
      zero,
    ),
  ];
}

const fewestSamples = 10;

export function enoughSamples({ kernels }: CheckInput): readonly CheckResult[] {
  const few = kernels.filter(({ samples = fewestSamples }) => samples < fewestSamples);
  if (few.length === 0) return [ok(`Every kernel time rests on ${fewestSamples} samples or more`)];
  return [warning(`${few.length} kernel times rest on fewer than ${fewestSamples} samples`, few)];
}

const mostFlagged = 0.1;

export function flaggedShare({ kernels, networks }: CheckInput): readonly CheckResult[] {
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
export function wholeMicroseconds({ kernels }: CheckInput): readonly CheckResult[] {
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

const fewestForRank = 6;
const lowestConcordance = 0.8;
/** Costs this close are the same: widths of one tread. */
const sameCost = 0.05;
const mostCompared = 300;

/** Inside a family, work grows with the product of the channel counts; cost that does not follow is suspect. */
export function rankWithWork({ costs }: CheckInput): readonly CheckResult[] {
  const telling = costs.kernels().filter(({ flags }) => !flags.includes("below-resolution"));
  // Widths of another alignment run on other kernels: more work can cost less.
  const alike = ({ family, kernel }: (typeof telling)[number]): string =>
    `${family} ${kernel.inChannels % costs.alignment === 0}`;
  const families = [...groupBy(telling, alike).values()].filter(
    (family) => family.length >= fewestForRank,
  );
  const suspect = families.flatMap((family) => {
    const [first] = family;
    const share = concordance(
      family.map(({ kernel, latency_s }) => ({
        work: kernel.inChannels * (hasOneAxis(kernel) ? 1 : kernel.outChannels),
        latency_s,
      })),
    );
    if (!first || !(share < lowestConcordance)) return [];
    return [
      warning(
        `Cost hardly follows work (in ${formatPercent(share)} of pairs) over ${family.length} widths of ${describeKernel(first.kernel)}`,
        family.flatMap(({ rows }) => rows),
      ),
    ];
  });
  if (suspect.length > 0) return suspect;
  return [
    ok(`Cost follows work in all ${families.length} families of ${fewestForRank} widths or more`),
  ];
}

interface Worked {
  readonly work: number;
  readonly latency_s: number;
}

/** Share of pairs of twice the work or more, and of other cost, in which more work costs more; 1 without any such pair. */
function concordance(kernels: readonly Worked[]): number {
  const every = Math.ceil(kernels.length / mostCompared);
  const compared = kernels.filter((_, i) => i % every === 0);
  let [agree, pairs] = [0, 0];
  for (const less of compared)
    for (const more of compared) {
      const apart = Math.abs(more.latency_s / less.latency_s - 1) > sameCost;
      if (!(more.work >= 2 * less.work && apart)) continue;
      pairs++;
      if (more.latency_s > less.latency_s) agree++;
    }
  return pairs > 0 ? agree / pairs : 1;
}

/** Energy that is one power times every latency was computed, not metered. */
export function constantPower({ networks }: CheckInput): readonly CheckResult[] {
  const metered = networks.filter(({ energy }) => energy !== undefined);
  if (metered.length < 5) return [ok("Too few energy readings to judge")];
  const powers = metered.map(
    ({ energy, latency }) => (energy?.gross.energy_j ?? 0) / latency.floor.latency_s,
  );
  const spread = (Math.max(...powers) - Math.min(...powers)) / median(powers);
  if (spread > 1e-3) return [ok("Power differs between networks, as metered power does")];
  return [
    warning("Energy is the same power times latency in every row: derived, not metered", metered),
  ];
}
