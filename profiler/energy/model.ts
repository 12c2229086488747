import { determinant, Matrix, solve } from "ml-matrix";
import type { EnergyEstimate, EnergyReading, StoredModel } from "../../energy-db/index.ts";
import { studentT95 } from "../../energy-db/index.ts";
import { quantile } from "../../src/statistics.ts";

/** A network whose energy was metered: what its row says, as far as it is read here. */
export interface MeteredNetwork {
  readonly energy: {
    readonly gross: Pick<EnergyEstimate, "energy_j">;
    readonly net?: Pick<EnergyEstimate, "energy_j">;
    readonly meter: string;
    readonly provenance: EnergyReading["provenance"];
  };
  /** Latency that goes with the energy: the typical one, since windows hold slow moments too, s. */
  readonly latency_s: number;
  /** The one that tables answer by, s. */
  readonly floor_s: number;
  /** Time spent in each operation by the cost model, s. What is missing to the latency is the call's overhead. */
  readonly timeByOp_s: ReadonlyMap<string, number>;
  /** The same by the table's costs, as an answer would be made; absent where they do not know it. */
  readonly predicted?: TimeSpent;
}

export interface TimeSpent {
  readonly latency_s: number;
  readonly timeByOp_s: ReadonlyMap<string, number>;
}

/** Energy of a network = sum over operations of power x time; versioned JSON of a `StoredModel`. */
export interface EnergyModelDocument {
  readonly form: "power-by-operation";
  readonly gross: PowerFit;
  /** Idle power subtracted; absent where it was not measured. */
  readonly net?: PowerFit;
}

/** Powers while a device works undisturbed: times a floor, they make the energy that is typical. */
export interface PowerFit {
  /** Of everything without a power of its own, W. */
  readonly power_w: number;
  readonly powerByOp_w: Readonly<Record<string, number>>;
  /** Half a 95 % interval of the energy of a new network whose time was measured, as a fraction. */
  readonly relativeHalfWidth: number;
  /** Of one whose time is predicted; absent where too few can be. */
  readonly predictedHalfWidth?: number;
  readonly networks: number;
  readonly heldOutNetworks: number;
  /** |predicted - measured| / measured on held-out networks; absent without any. */
  readonly medianError?: number;
  readonly p90Error?: number;
}

/** Weights of the prior that all operations draw the same power, in networks of one operation alone: from hardly any to all but certain. */
const priorsInNetworks = Array.from({ length: 21 }, (_, i) => 2 ** (i - 10));

/**
 * Power by operation from the energies of whole networks, per platform and space: kernel times are known, so a few dozen
 * networks are enough. Judged on the held-out ones. Undefined without metered design networks.
 */
export function fitEnergyModel(
  design: readonly MeteredNetwork[],
  heldOut: readonly MeteredNetwork[],
):
  | (Omit<StoredModel, "id" | "kind" | "space" | "fittedAt" | "document"> & {
      readonly document: EnergyModelDocument;
    })
  | undefined {
  const gross = fitPowers(observations(design, "gross"), observations(heldOut, "gross"));
  const [first] = design;
  if (!gross || !first) return undefined;
  const net = fitPowers(observations(design, "net"), observations(heldOut, "net"));
  const document: EnergyModelDocument = {
    form: "power-by-operation",
    gross,
    ...(net ? { net } : {}),
  };
  return {
    provenance: first.energy.provenance,
    source: first.energy.meter,
    document,
    designNetworks: gross.networks,
    heldOutNetworks: gross.heldOutNetworks,
    ...(gross.medianError === undefined ? {} : { medianError: gross.medianError }),
    ...(gross.p90Error === undefined ? {} : { p90Error: gross.p90Error }),
  };
}

/** Power that somebody assumes: every energy made from it says `modelled`. */
export const assumedPower = (power_w: number): EnergyModelDocument => ({
  form: "power-by-operation",
  gross: { power_w, powerByOp_w: {}, relativeHalfWidth: 0, networks: 0, heldOutNetworks: 0 },
});

/** Energy of a network by a fit, J. */
export function predictEnergy(
  { power_w, powerByOp_w }: Pick<PowerFit, "power_w" | "powerByOp_w">,
  { latency_s, timeByOp_s }: TimeSpent,
): number {
  let energy_j = power_w * latency_s;
  for (const [op, time_s] of timeByOp_s)
    energy_j += ((powerByOp_w[op] ?? power_w) - power_w) * time_s;
  return energy_j;
}

interface Observation extends TimeSpent {
  readonly floor_s: number;
  readonly energy_j: number;
  readonly predicted?: TimeSpent;
}

const observations = (
  networks: readonly MeteredNetwork[],
  kind: "gross" | "net",
): readonly Observation[] =>
  networks.flatMap(({ energy, ...network }) => {
    const metered = energy[kind];
    return metered ? { ...network, energy_j: metered.energy_j } : [];
  });

function fitPowers(
  design: readonly Observation[],
  heldOut: readonly Observation[],
): PowerFit | undefined {
  if (design.length === 0) return undefined;
  const power_w = mean(design.map(({ energy_j, latency_s }) => energy_j / latency_s));
  const ops = [...new Set(design.flatMap(({ timeByOp_s }) => [...timeByOp_s.keys()]))].sort();
  const shares = design.map(({ timeByOp_s, latency_s }) =>
    ops.map((op) => (timeByOp_s.get(op) ?? 0) / latency_s),
  );
  const differences_w = ridge(
    shares,
    design.map(({ energy_j, latency_s }) => energy_j / latency_s - power_w),
  );
  // Slow moments draw power too, and answers are times without them.
  const slowness = quantile(
    design.map(({ latency_s, floor_s }) => latency_s / floor_s),
    0.5,
  );
  const fit = {
    power_w: slowness * power_w,
    powerByOp_w: Object.fromEntries(
      ops.map((op, i) => [op, slowness * Math.max(0, power_w + (differences_w[i] ?? 0))]),
    ),
  };
  const errorOf = (time: TimeSpent, energy_j: number): number =>
    predictEnergy(fit, time) / energy_j - 1;
  const errorsOf = (networks: readonly Observation[]) =>
    networks.map(({ floor_s, timeByOp_s, energy_j }) =>
      errorOf({ latency_s: floor_s, timeByOp_s }, energy_j),
    );
  const judging = heldOut.length >= fewestJudges ? heldOut : design;
  const predictedErrors = judging.flatMap(({ predicted, energy_j }) =>
    predicted ? [errorOf(predicted, energy_j)] : [],
  );
  const size = { networks: design.length, heldOutNetworks: heldOut.length };
  const absolute = errorsOf(heldOut).map(Math.abs);
  return {
    ...fit,
    ...size,
    relativeHalfWidth: halfWidth(errorsOf(judging)),
    ...(predictedErrors.length >= fewestJudges
      ? { predictedHalfWidth: halfWidth(predictedErrors) }
      : {}),
    ...(absolute.length > 0
      ? { medianError: quantile(absolute, 0.5), p90Error: quantile(absolute, 0.9) }
      : {}),
  };
}

/** Fewer networks held out say too little of errors. */
const fewestJudges = 3;

const halfWidth = (errors: readonly number[]): number =>
  studentT95(errors.length - 1) * Math.sqrt(mean(errors.map((error) => error * error)));

/**
 * Ridge regression (Hoerl and Kennard 1970): the difference of each operation's power from the mean, shrunk towards none as far as
 * these networks ask for: the prior's strength is the one of most evidence (MacKay 1992, Bayesian interpolation, section 4).
 */
function ridge(
  rows: readonly (readonly number[])[],
  targets: readonly number[],
): readonly number[] {
  const x = new Matrix(rows.map((row) => [...row]));
  if (x.columns === 0) return [];
  const y = Matrix.columnVector([...targets]);
  const usual = mean(rows.flat().map((share) => share * share));
  const fits = priorsInNetworks.map((networks) => ridgeOf(x, y, networks * usual));
  return fits.reduce((best, fit) => (fit.evidence > best.evidence ? fit : best)).values;
}

const exact = 1e-12;

/** Coefficients under one strength of the prior, and the logarithm of its evidence but for a constant. */
function ridgeOf(x: Matrix, y: Matrix, prior: number) {
  const precision = x.transpose().mmul(x).add(Matrix.eye(x.columns).mul(prior));
  const projected = x.transpose().mmul(y);
  const values = solve(precision, projected);
  const total = y.dot(y);
  // No metering is exact, and rounding must not make it more than that.
  const unexplained = Math.max(total - projected.dot(values), exact * total);
  const logDeterminant = Math.log(determinant(precision)) - x.columns * Math.log(prior);
  return {
    values: values.to1DArray(),
    evidence: -(x.rows * Math.log(unexplained / x.rows) + logDeterminant) / 2,
  };
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
