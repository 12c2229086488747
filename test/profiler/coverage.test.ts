import { beforeAll, describe, expect, it } from "vitest";
import { energyRules } from "../../profiler/energy/rules.ts";
import { type CoverageRow, coverageSession, type Judged, summariseCoverage } from "./coverage.ts";
import { meterKinds } from "./meter-kinds.ts";

/**
 * The full proof, with 400 runs and more of everything, is `npm run bench -- coverage`; this is as much of it as a test
 * may take. Bounds are those that a true coverage of 95 % leaves in one of a thousand tries (binomial, normal
 * approximation); seeds are fixed.
 */
const standardErrors = 3.3;

const covers = ({ runs, coverage }: CoverageRow): boolean =>
  Math.abs(coverage - 0.95) <= standardErrors * Math.sqrt((0.95 * 0.05) / runs);

/** As the device's own, but for their length: an hour of simulated windows takes long. */
const shortWindows = { ...energyRules, minWindow_s: 2 };

let rows: readonly CoverageRow[];
beforeAll(async () => {
  const judged: Judged[] = [];
  for (let seed = 1; seed <= 3; seed++)
    judged.push(
      ...(await coverageSession({ seed: 500 * seed, networks: 40, loads: 3, metered: 0 })),
    );
  for (let seed = 1; seed <= 28; seed++)
    judged.push(
      ...(await coverageSession({
        seed: 33 * seed,
        networks: 4,
        loads: 0,
        metered: 4,
        energyRules: shortWindows,
      })),
    );
  rows = summariseCoverage(judged);
}, 180_000);

const rowOf = (estimator: string, size: string): CoverageRow => {
  const found = rows.find((row) => row.estimator === estimator && row.size === size);
  if (!found) throw new Error(`No runs of ${estimator}, ${size}`);
  return found;
};

const estimators = [
  "network floor",
  "network typical",
  "kernel",
  "energy gross",
  "energy net",
].flatMap((estimator) => [
  { estimator, size: "small" },
  { estimator, size: "large" },
]);

describe("on a machine with bursts, states, loads of their own speed and a ticking counter", () => {
  it.each(estimators)("the $estimator of $size networks is not biased by 1 %", (which) => {
    const { bias, biasError } = rowOf(which.estimator, which.size);

    expect(Math.abs(bias)).toBeLessThan(0.01 + standardErrors * biasError);
  });

  it.each(estimators)(
    "the interval of the $estimator of $size networks holds the truth",
    (which) => {
      const row = rowOf(which.estimator, which.size);

      expect(row.runs).toBeGreaterThan(50);
      expect(covers(row), `${row.coverage} of ${row.runs}`).toBe(true);
    },
  );

  it.each(["small", "large"])("the bootstrap over one load of %s networks does not", (size) => {
    expect(rowOf("one load, bootstrap (as before)", size).coverage).toBeLessThan(0.5);
  });
});

// One session each: the full proof is the bench's.
describe("power that drifts, with bursts of others", () => {
  it.each(Object.entries(meterKinds).filter(([name]) => name !== "counter"))(
    "is told to 3 % by a meter of the kind %s",
    async (_, { power, label }) => {
      const judged = await coverageSession({
        ...{ seed: 77, networks: 2, loads: 0, metered: 2, power, label },
        energyRules: shortWindows,
      });
      const rows = summariseCoverage(judged).filter(({ estimator }) =>
        estimator.includes("energy"),
      );

      expect(rows).toHaveLength(4);
      for (const { bias } of rows) expect(Math.abs(bias)).toBeLessThan(0.03);
    },
  );
});
