import type { UserError } from "../../src/errors.ts";
import { type Kernel, kernelsOf, type LayerKernel } from "../../src/network/kernel.ts";
import type { Network } from "../../src/network/network.ts";
import type { CostAnswer } from "../records.ts";
import type { Calibration } from "./version-1-models.ts";

/** Cost of a whole network: overhead plus the sum of its layers. */
export interface NetworkCost extends CostAnswer {
  readonly provenance: "predicted";
  readonly layers: readonly LayerCost[];
}

export interface LayerCost extends LayerKernel {
  readonly cost: CostAnswer;
}

interface NetworkTerms {
  tryCost(kernel: Kernel): CostAnswer | undefined;
  readonly overhead: { readonly latency_s: number; readonly energy_j?: number };
  readonly calibration: Calibration | undefined;
  refuse(missing: readonly Kernel[]): UserError;
}

/**
 * Adds the layers up. The interval joins those of the layers, taken as independent, with the error that
 * the calibration showed on held-out networks (its 90th percentile, stretched to 95 % as for a normal).
 */
export function networkCost(network: Network, batch: number, terms: NetworkTerms): NetworkCost {
  const asked = kernelsOf(network, { batch }).map((layer) => ({
    ...layer,
    cost: terms.tryCost(layer.kernel),
  }));
  const layers = asked.flatMap(({ cost, ...layer }) => (cost ? [{ ...layer, cost }] : []));
  if (layers.length < asked.length)
    throw terms.refuse(asked.filter(({ cost }) => !cost).map(({ kernel }) => kernel));
  const costs = layers.map(({ cost }) => cost);
  const latency_s = terms.overhead.latency_s + sum(costs.map((cost) => cost.latency_s));
  const calibrationError = (1.96 / 1.645) * (terms.calibration?.p90Error ?? 0);
  const half_s = Math.hypot(
    calibrationError * latency_s,
    ...costs.map((cost) => cost.latency_high_s - cost.latency_s),
  );
  return {
    latency_s,
    latency_low_s: Math.max(latency_s - half_s, latency_s ** 2 / (latency_s + half_s)),
    latency_high_s: latency_s + half_s,
    ...networkEnergy(costs, terms.overhead.energy_j ?? 0, half_s / latency_s),
    provenance: "predicted",
    rows: [...new Set(costs.flatMap(({ rows }) => rows))],
    layers,
  };
}

/** The power's own uncertainty is common to all layers, so it is not averaged out. */
function networkEnergy(costs: readonly CostAnswer[], overhead_j: number, latencyError: number) {
  const [first] = costs;
  if (first?.energyProvenance === undefined) return {};
  const energy_j = overhead_j + sum(costs.map((cost) => cost.energy_j ?? 0));
  const powerError = relativeError(first.energy_j, first.energy_high_j);
  const timeError = relativeError(first.latency_s, first.latency_high_s);
  const common = Math.sqrt(Math.max(0, powerError ** 2 - timeError ** 2));
  const relative = Math.hypot(latencyError, common);
  return {
    energy_j,
    energy_low_j: energy_j / (1 + relative),
    energy_high_j: energy_j * (1 + relative),
    energyProvenance: first.energyProvenance,
  };
}

const relativeError = (value = 1, high = value): number => high / value - 1;

const sum = (values: readonly number[]): number =>
  values.reduce((total, value) => total + value, 0);
