import {
  coverageSession,
  type Judged,
  spinningIdle,
  summariseCoverage,
} from "../test/profiler/coverage.ts";

/**
 * Bias and coverage of every estimator against the simulated device: `coverage [latency sessions] [energy sessions]`.
 * A latency session measures three loads of 48 networks, half of them small; an energy session meters four.
 */
export async function run([latency = "20", energy = "200"]: readonly string[]): Promise<void> {
  const judged: Judged[] = [];
  for (let seed = 1; seed <= Number(latency); seed++)
    judged.push(
      ...(await coverageSession({ seed: 1000 * seed, networks: 48, loads: 3, metered: 0 })),
    );
  for (let seed = 1; seed <= Number(energy); seed++)
    judged.push(...(await coverageSession({ seed: 77 * seed, networks: 4, loads: 0, metered: 4 })));
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
