import { coverageSession, type Judged, summariseCoverage } from "../test/profiler/coverage.ts";

/**
 * Bias and coverage of every estimator against the simulated device: `coverage [sessions]`, 16 networks of small and
 * large size each, three loads of each, four of them metered.
 */
export async function run([sessions = "50"]: readonly string[]): Promise<void> {
  const judged: Judged[] = [];
  for (let seed = 1; seed <= Number(sessions); seed++)
    judged.push(
      ...(await coverageSession({ seed: 1000 * seed, networks: 48, loads: 3, metered: 4 })),
    );
  console.log("estimator                        size   runs   bias %  coverage %");
  for (const { estimator, size, runs, bias, coverage } of summariseCoverage(judged))
    console.log(
      `${estimator.padEnd(33)}${size.padEnd(6)}${String(runs).padStart(5)}${(100 * bias).toFixed(2).padStart(9)}${(100 * coverage).toFixed(1).padStart(12)}`,
    );
}
