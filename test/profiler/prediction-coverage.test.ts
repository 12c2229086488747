import { beforeAll, describe, expect, it } from "vitest";
import { type CoverageRow, type Judged, summariseCoverage } from "./coverage.ts";
import { predictionSession } from "./prediction-coverage.ts";

/**
 * What the table answers of networks that it was not made from. The full proof is `npm run bench -- coverage`. Networks of
 * one session share its fit, so that there are fewer independent tries than runs: a third of them, by sessions' means.
 */
let rows: readonly CoverageRow[];
beforeAll(async () => {
  const judged: Judged[] = [];
  for (const seed of [11, 12])
    judged.push(...(await predictionSession({ seed, designNetworks: 40, heldOutNetworks: 30 })));
  rows = summariseCoverage(judged);
}, 180_000);

const rowsOf = (estimator: string): readonly CoverageRow[] =>
  rows.filter((row) => row.estimator === estimator);

const share = (judged: readonly CoverageRow[]): { covered: number; runs: number } => ({
  covered: judged.reduce((sum, { coverage, runs }) => sum + coverage * runs, 0),
  runs: judged.reduce((sum, { runs }) => sum + runs, 0),
});

describe("a table measured on a machine with bursts, states, and loads of their own speed", () => {
  it.each(["network predicted, truth", "energy predicted, truth"])(
    "answers without a bias of 1 %%: %s",
    (estimator) => {
      for (const { bias, biasError, size } of rowsOf(estimator))
        expect(Math.abs(bias), size).toBeLessThan(0.01 + 3.3 * biasError);
    },
  );

  it.each(["network predicted, measured", "energy predicted, measured", "kernel predicted, truth"])(
    "gives intervals that hold what they are of: %s",
    (estimator) => {
      const { covered, runs } = share(rowsOf(estimator));
      const independent = runs / 3;

      expect(runs).toBeGreaterThan(50);
      expect(Math.abs(covered / runs - 0.95)).toBeLessThan(
        3.3 * Math.sqrt((0.95 * 0.05) / independent),
      );
    },
  );
});
