import type { UserError } from "../../src/errors.ts";
import { type Kernel, kernelsOf, type LayerKernel } from "../../src/network/kernel.ts";
import type { Network } from "../../src/network/network.ts";
import type { CostAnswer } from "../records.ts";
import { below } from "./below.ts";
import { callAsPart, type EnergyAmounts, energyOfParts } from "./energy.ts";
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
  readonly overhead: { readonly latency_s: number } & EnergyAmounts;
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
    ...energyOfParts(
      terms.energyModel,
      [...layers.map(({ cost }) => cost), callAsPart(terms.overhead)],
      relative,
    ),
    provenance: "predicted",
    get rows() {
      return [...new Set(layers.flatMap(({ cost }) => cost.rows))];
    },
    layers,
  };
}
