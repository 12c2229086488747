import type { EnergyModel, StoredNetworkMeasurement } from "../../energy-db/index.ts";
import { quantile } from "../../src/statistics.ts";

/** A network whose energy was metered: its latency and the time spent in each operation, s. */
interface MeteredNetwork {
  readonly energy_j: number;
  readonly latency_s: number;
  readonly timeByOp_s: ReadonlyMap<string, number>;
}

/** Weight of the prior that all operations draw the same power, in networks. */
const priorNetworks = 4;

/**
 * Power by operation from the energies of whole networks: kernel times are known, so a few dozen networks are
 * enough. Ridge regression of energy - mean power x latency on the times by operation, which shrinks each
 * operation's power to the mean (Hoerl and Kennard 1970). Undefined without metered networks.
 */
export function fitEnergyModel(
  measured: readonly StoredNetworkMeasurement[],
  slope: number,
): EnergyModel | undefined {
  const metered = measured.flatMap((network) => meteredNetwork(network, slope) ?? []);
  const [first] = measured.flatMap(({ energy }) => energy ?? []);
  if (!first || metered.length === 0) return undefined;
  const total = (of: (network: MeteredNetwork) => number): number =>
    metered.reduce((sum, network) => sum + of(network), 0);
  const power_w = total(({ energy_j }) => energy_j) / total(({ latency_s }) => latency_s);
  const ops = [...new Set(metered.flatMap(({ timeByOp_s }) => [...timeByOp_s.keys()]))].sort();
  const differences_w = ridge(
    metered.map(({ timeByOp_s, latency_s }) =>
      ops.map((op) => (timeByOp_s.get(op) ?? 0) / latency_s),
    ),
    metered.map(({ energy_j, latency_s }) => energy_j / latency_s - power_w),
  );
  const powerByOp_w = Object.fromEntries(
    ops.map((op, i) => [op, Math.max(0, power_w + (differences_w[i] ?? 0))]),
  );
  const errors = metered.map(({ energy_j, latency_s, timeByOp_s }) => {
    let predicted_j = power_w * latency_s;
    for (const [op, time_s] of timeByOp_s)
      predicted_j += ((powerByOp_w[op] ?? power_w) - power_w) * time_s;
    return Math.abs(predicted_j / energy_j - 1);
  });
  return {
    provenance: first.provenance,
    source: first.meter,
    power_w,
    powerByOp_w,
    relativeHalfWidth: quantile(errors, 0.95),
  };
}

/** Power that somebody assumes: every energy made from it says `modelled`. */
export const assumedPower = (power_w: number): EnergyModel => ({
  provenance: "modelled",
  source: "assumed",
  power_w,
  powerByOp_w: {},
  relativeHalfWidth: 0,
});

function meteredNetwork(
  { energy, latency, kernels }: StoredNetworkMeasurement,
  slope: number,
): MeteredNetwork | undefined {
  if (!energy) return undefined;
  const timeByOp_s = new Map<string, number>();
  for (const { kernel, latency: time } of kernels)
    timeByOp_s.set(kernel.op, (timeByOp_s.get(kernel.op) ?? 0) + slope * time.latency_s);
  return { energy_j: energy.gross.energy_j, latency_s: latency.floor.latency_s, timeByOp_s };
}

/** Solves (XᵀX + prior I) b = Xᵀy by Gauss-Seidel, which converges for positive definite systems. */
function ridge(
  rows: readonly (readonly number[])[],
  targets: readonly number[],
): readonly number[] {
  const size = rows[0]?.length ?? 0;
  // Shares of time are below 1: the prior is as strong as `priorNetworks` networks of that operation alone.
  const prior = priorNetworks * meanSquare(rows.flat());
  const solution = new Array<number>(size).fill(0);
  for (let round = 0; round < 500; round++)
    for (const j of solution.keys())
      solution[j] = bestCoefficient(j, solution, rows, targets, prior);
  return solution;
}

/** The j-th coefficient that fits best while the others stay. */
function bestCoefficient(
  j: number,
  solution: readonly number[],
  rows: readonly (readonly number[])[],
  targets: readonly number[],
  prior: number,
): number {
  let power = prior;
  let correlation = 0;
  for (const [i, row] of rows.entries()) {
    const x = row[j] ?? 0;
    const others = row.reduce(
      (sum, value, k) => sum + (k === j ? 0 : value * (solution[k] ?? 0)),
      0,
    );
    power += x * x;
    correlation += x * ((targets[i] ?? 0) - others);
  }
  return power > 0 ? correlation / power : 0;
}

const meanSquare = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value * value, 0) / Math.max(1, values.length);
