import type { CostAnswer, Provenance } from "../records.ts";
import { below } from "./below.ts";
import type { EnergyModel, Powers } from "./energy-model.ts";

/** Energy as it stands beside a latency: gross, and net of idle power where that is known. */
export type EnergyAnswer = Pick<
  CostAnswer,
  | "energy_j"
  | "energy_low_j"
  | "energy_high_j"
  | "net_energy_j"
  | "net_energy_low_j"
  | "net_energy_high_j"
  | "energyProvenance"
>;

/** Energies without intervals, of a part of a network. */
export type EnergyAmounts = Pick<EnergyAnswer, "energy_j" | "net_energy_j">;

/** Power times time is no measurement, however the power was read. */
const provenances: { readonly [P in EnergyModel["provenance"]]: Provenance } = {
  measured: "derived",
  derived: "derived",
  modelled: "modelled",
  simulated: "simulated",
};

export interface TimeSpent {
  readonly latency_s: number;
  /** Half of its 95 % interval, as a fraction. */
  readonly relative: number;
  /** The operation that took it; a mixture of all when absent. */
  readonly op?: string;
}

/** Energy of a time by a platform's powers; nothing where nobody metered or assumed them. */
export function energyOfTime(
  model: EnergyModel | undefined,
  { latency_s, relative, op }: TimeSpent,
): EnergyAnswer {
  return answered(model, (powers) =>
    around(latency_s * powerOf(powers, op), Math.hypot(relative, powers.relativeHalfWidth)),
  );
}

/** The same of a time that is only known within a factor, downwards and upwards. */
export const energyOfGuess = (
  model: EnergyModel | undefined,
  { latency_s, factor }: { readonly latency_s: number; readonly factor: number },
): EnergyAnswer =>
  answered(model, (powers) => {
    const value_j = latency_s * powers.power_w;
    const spread = factor * (1 + powers.relativeHalfWidth);
    return { value_j, low_j: value_j / spread, high_j: value_j * spread };
  });

/**
 * Energy of parts together, whose times have this relative error in sum: no less than what networks held out err by. Nothing
 * where a part has no energy.
 */
export const energyOfParts = (
  model: EnergyModel | undefined,
  parts: readonly EnergyPart[],
  relative: number,
): EnergyAnswer => {
  if (!model) return energyOfToldParts(parts);
  return answered(model, (powers, kind) => {
    if (parts.some((part) => part[kind] === undefined)) return undefined;
    const sum_j = parts.reduce((sum, part) => sum + (part[kind] ?? 0), 0);
    const { relativeHalfWidth, predictedHalfWidth } = powers;
    return around(
      sum_j,
      predictedHalfWidth === undefined
        ? Math.hypot(relative, relativeHalfWidth)
        : Math.max(relative, predictedHalfWidth),
    );
  });
};

type EnergyPart = EnergyAmounts & Pick<EnergyAnswer, "energy_high_j">;

/** Parts whose energy another tool's rows tell; the interval is as if all were wrong the same way. */
function energyOfToldParts(parts: readonly EnergyPart[]): EnergyAnswer {
  if (parts.some(({ energy_j }) => energy_j === undefined)) return {};
  const sum = (of: (part: EnergyPart) => number) =>
    parts.reduce((total, part) => total + of(part), 0);
  const sum_j = sum(({ energy_j = 0 }) => energy_j);
  if (sum_j === 0) return {};
  const half_j = sum(({ energy_j = 0, energy_high_j = energy_j }) => energy_high_j - energy_j);
  return { ...grossFields(around(sum_j, half_j / sum_j)), energyProvenance: "imported" };
}

/** What the call itself takes; nothing where power is unknown or the call was lost in the noise. */
export function energyOfCall(model: EnergyModel | undefined, latency_s: number): EnergyAmounts {
  if (!model || latency_s <= 0) return {};
  const { power_w, net } = model;
  return {
    energy_j: latency_s * power_w,
    ...(net ? { net_energy_j: latency_s * net.power_w } : {}),
  };
}

/** The call as a part of a sum: lost in the noise it adds nothing that anybody could tell. */
export const callAsPart = ({ energy_j = 0, net_energy_j = 0 }: EnergyAmounts): EnergyAmounts => ({
  energy_j,
  net_energy_j,
});

/** Energy of a difference of two answers: power's own uncertainty grows with it. */
export function energyOfDifference(
  now: CostAnswer,
  wider: CostAnswer,
  half_s: number,
): EnergyAnswer {
  const gross = difference(now.energy_j, { ...wider, high_j: wider.energy_high_j }, half_s);
  if (!gross || !wider.energyProvenance) return {};
  const net = difference(
    now.net_energy_j,
    { ...wider, energy_j: wider.net_energy_j, high_j: wider.net_energy_high_j },
    half_s,
  );
  return { ...grossFields(gross), ...netFields(net), energyProvenance: wider.energyProvenance };
}

interface Estimate {
  readonly value_j: number;
  readonly low_j: number;
  readonly high_j: number;
}

/** Gross and net made alike, each by its own powers. */
function answered(
  model: EnergyModel | undefined,
  make: (powers: Powers, kind: keyof EnergyAmounts) => Estimate | undefined,
): EnergyAnswer {
  const gross = model && make(model, "energy_j");
  if (!gross) return {};
  const net = model.net && make(model.net, "net_energy_j");
  return {
    ...grossFields(gross),
    ...netFields(net),
    energyProvenance: provenances[model.provenance],
  };
}

/** A fit that held an operation at 0 W could not tell its power: no work is free. */
const powerOf = ({ power_w, powerByOp_w }: Powers, op: string | undefined): number =>
  (op === undefined ? undefined : powerByOp_w[op]) || power_w;

const around = (value_j: number, relative: number): Estimate => ({
  value_j,
  low_j: below(value_j, relative),
  high_j: value_j * (1 + relative),
});

function difference(
  now_j: number | undefined,
  wider: {
    readonly latency_s: number;
    readonly energy_j?: number | undefined;
    readonly high_j?: number | undefined;
  },
  half_s: number,
): Estimate | undefined {
  const { energy_j, high_j = energy_j, latency_s } = wider;
  if (now_j === undefined || energy_j === undefined || high_j === undefined) return undefined;
  const value_j = energy_j - now_j;
  const half_j = Math.hypot((energy_j / latency_s) * half_s, (high_j / energy_j - 1) * value_j);
  return { value_j, low_j: value_j - half_j, high_j: value_j + half_j };
}

const grossFields = ({ value_j, low_j, high_j }: Estimate) => ({
  energy_j: value_j,
  energy_low_j: low_j,
  energy_high_j: high_j,
});

const netFields = (net: Estimate | undefined) =>
  net
    ? {
        net_energy_j: net.value_j,
        net_energy_low_j: net.low_j,
        net_energy_high_j: net.high_j,
      }
    : {};
