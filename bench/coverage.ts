import {
  coverageSession,
  type Judged,
  spinningIdle,
  summariseCoverage,
} from "../test/profiler/coverage.ts";
import { predictionSession } from "../test/profiler/prediction-coverage.ts";

/**
 * Bias and coverage of every estimator against the simulated device: `coverage [latency sessions] [energy sessions]
 * [tables]`. A latency session measures three loads of 48 networks, half of them small; an energy session meters four; a table
 * is profiled as `profile` does, and asked for 40 networks held out of it.
 */
export async function run([
  latency = "20",
  energy = "200",
  tables = "20",
]: readonly string[]): Promise<void> {
  const judged = [
    ...(await sessions("latency", Number(latency), (i) =>
      coverageSession({ seed: 1000 * i, networks: 48, loads: 3, metered: 0 }),
    )),
    ...(await sessions("energy", Number(energy), (i) =>
      coverageSession({ seed: 77 * i, networks: 4, loads: 0, metered: 4 }),
    )),
    ...(await sessions("tables", Number(tables), (i) =>
      predictionSession({ seed: 101 * i, designNetworks: 54, heldOutNetworks: 40 }),
    )),
  ];
  console.log("estimator                        size   runs   bias %    +-   coverage %");
  for (const { estimator, size, runs, bias, biasError, coverage } of summariseCoverage(judged))
    console.log(
      `${estimator.padEnd(33)}${size.padEnd(6)}${String(runs).padStart(5)}${(100 * bias).toFixed(2).padStart(9)}${(100 * biasError).toFixed(2).padStart(6)}${(100 * coverage).toFixed(1).padStart(12)}`,
    );
  const { spinning_w, true_w } = await spinningIdle();
  console.log(
    `idle power read while the core spins (as before): ${spinning_w.toFixed(1)} W, true ${true_w} W`,
  );
}

/** Runs sessions one after the other, and says how long they took. */
async function sessions(
  name: string,
  count: number,
  run: (number: number) => Promise<readonly Judged[]>,
): Promise<readonly Judged[]> {
  const start_s = performance.now() / 1000;
  const judged: Judged[] = [];
  for (let number = 1; number <= count; number++) judged.push(...(await run(number)));
  console.error(`${name}: ${count} in ${(performance.now() / 1000 - start_s).toFixed(0)} s`);
  return judged;
}
