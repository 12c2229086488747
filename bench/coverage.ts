import {
  coverageSession,
  type Judged,
  spinningIdle,
  summariseCoverage,
} from "../test/profiler/coverage.ts";
import { meterKinds } from "../test/profiler/meter-kinds.ts";
import { predictionSession } from "../test/profiler/prediction-coverage.ts";

/** One session of each kind by its number: a latency session measures three loads of 48 networks, half of them small. */
const latency = (number: number) =>
  coverageSession({ seed: 1000 * number, networks: 48, loads: 3, metered: 0 });
/** A table is profiled as `profile` does, and asked for 40 networks held out of it. */
const table = (number: number) =>
  predictionSession({ seed: 101 * number, designNetworks: 54, heldOutNetworks: 40 });
/** An energy session meters four networks with one kind of meter. */
const kinds: Readonly<Record<string, (number: number) => Promise<readonly Judged[]>>> = {
  latency,
  tables: table,
  ...Object.fromEntries(
    Object.entries(meterKinds).map(([name, { power, label }]) => [
      name,
      (number: number) =>
        coverageSession({ seed: 77 * number, networks: 4, loads: 0, metered: 4, power, label }),
    ]),
  ),
};

/**
 * Bias and coverage of every estimator against the simulated device: `coverage KIND [sessions] [first]`, of the kinds `latency`,
 * `tables` and those of meters; without a kind all of them, 20 sessions and tables and 100 of every meter.
 */
export async function run([kind, count, first = "1"]: readonly string[]): Promise<void> {
  const wanted = kind === undefined ? Object.keys(kinds) : [kind];
  const judged: Judged[] = [];
  for (const name of wanted) {
    const usual = name === "latency" || name === "tables" ? 20 : 100;
    judged.push(...(await sessions(name, Number(count ?? usual), Number(first))));
  }
  console.log("estimator                        size   runs   bias %    +-   coverage %");
  for (const { estimator, size, runs, bias, biasError, coverage } of summariseCoverage(judged))
    console.log(
      `${estimator.padEnd(33)}${size.padEnd(6)}${String(runs).padStart(5)}${(100 * bias).toFixed(2).padStart(9)}${(100 * biasError).toFixed(2).padStart(6)}${(100 * coverage).toFixed(1).padStart(12)}`,
    );
  if (kind !== undefined) return;
  const { spinning_w, true_w } = await spinningIdle();
  console.log(
    `idle power read while the core spins (as before): ${spinning_w.toFixed(1)} W, true ${true_w} W`,
  );
}

/** Runs sessions one after the other, and says how long they took. */
async function sessions(name: string, count: number, first: number): Promise<readonly Judged[]> {
  const start_s = performance.now() / 1000;
  const session = kinds[name];
  if (!session) throw new Error(`No kind "${name}"; there are ${Object.keys(kinds).join(", ")}`);
  const judged: Judged[] = [];
  for (let number = first; number < first + count; number++)
    judged.push(...(await session(number)));
  console.error(`${name}: ${count} in ${(performance.now() / 1000 - start_s).toFixed(0)} s`);
  return judged;
}
