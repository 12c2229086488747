import type { UserError } from "../../src/errors.ts";
import { type Kernel, kernelsOf, type LayerKernel } from "../../src/network/kernel.ts";
import type { Network } from "../../src/network/network.ts";
import type { CostAnswer } from "../records.ts";
import { below } from "./answer.ts";
import type { EnergyModel } from "./energy-model.ts";

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
  readonly energyModel: EnergyModel | undefined;
  halfOfNetwork(kernels: readonly Kernel[], latency_s: number): number;
  refuse(missing: readonly Kernel[]): UserError;
}

/** Adds the layers up. The interval is that of whole networks of this size, which the fit left out: not a sum of layers'. */
export function networkCost(network: Network, batch: number, terms: NetworkTerms): NetworkCost {
  const asked = kernelsOf(network, { batch }).map((layer) => ({
    ...layer,
    cost: terms.tryCost(layer.kernel),
  }));
  const layers = asked.flatMap(({ cost, ...layer }) => (cost ? [{ ...layer, cost }] : []));
  if (layers.length < asked.length)
    throw terms.refuse(asked.filter(({ cost }) => !cost).map(({ kernel }) => kernel));
  const latency_s = layers.reduce(
    (sum, { cost }) => sum + cost.latency_s,
    terms.overhead.latency_s,
  );
  const half_s = terms.halfOfNetwork(
    layers.map(({ kernel }) => kernel),
    latency_s,
  );
  const relative = half_s / latency_s;
  return {
    latency_s,
    latency_low_s: below(latency_s, relative),
    latency_high_s: latency_s + half_s,
    ...networkEnergy(layers, relative, terms),
    provenance: "predicted",
    get rows() {
      return [...new Set(layers.flatMap(({ cost }) => cost.rows))];
    },
    layers,
  };
}

/** The power's own uncertainty is common to all layers, so it is not averaged out. */
function networkEnergy(
  layers: readonly LayerCost[],
  latencyError: number,
  { overhead, energyModel }: NetworkTerms,
) {
  const provenance = layers[0]?.cost.energyProvenance;
  if (!energyModel || !provenance) return {};
  const energy_j = layers.reduce(
    (sum, { cost }) => sum + (cost.energy_j ?? 0),
    overhead.energy_j ?? 0,
  );
  const relative = Math.hypot(latencyError, energyModel.relativeHalfWidth);
  return {
    energy_j,
    energy_low_j: below(energy_j, relative),
    energy_high_j: energy_j * (1 + relative),
    energyProvenance: provenance,
  };
}
