import { UserError } from "../../src/errors.ts";
import { type Kernel, kernelsOf } from "../../src/network/kernel.ts";
import { type Network, withWidths } from "../../src/network/network.ts";
import { freeGroups, type WidthGroup } from "../../src/network/width-groups.ts";
import { treadEnd } from "../fit/plane.ts";
import type { Costs } from "../fit/predictor.ts";
import type { CostAnswer } from "../records.ts";
import { energyOfDifference } from "./energy.ts";
import { type CostDifference, rounding } from "./marginal.ts";
import type { NetworkCost } from "./network-cost.ts";

/** More neurons of a layer, and of all that must stay as wide as it. */
export interface NetworkChange {
  readonly layer: string;
  readonly by: number;
  readonly batch?: number;
}

/** What the neurons cost in every kernel that they are part of or read by. */
export interface NetworkMarginal extends CostDifference {
  readonly provenance: "predicted";
  /** Layers that become wider together. */
  readonly layers: readonly string[];
  readonly width: number;
  /** The widest these layers can become at the network's present cost or less. */
  readonly freeUntil: number;
  readonly now: NetworkCost;
  readonly wider: NetworkCost;
}

interface NetworkTerms {
  networkCost(network: Network, options: { readonly batch: number }): NetworkCost;
  tryCost(kernel: Kernel): CostAnswer | undefined;
  readonly halfOfChange: Costs["halfOfChange"];
  /** Widths between which cost may stand still. */
  readonly steps: readonly number[];
}

/** The difference of two networks' costs; what both share, such as the call, does not make it uncertain. */
export function networkMarginal(
  network: Network,
  { layer, by, batch = 1 }: NetworkChange,
  terms: NetworkTerms,
): NetworkMarginal {
  const group = groupOf(network, layer);
  const now = terms.networkCost(network, { batch });
  const wider = terms.networkCost(atWidth(network, group, group.width + by), { batch });
  const latency_s = wider.latency_s - now.latency_s;
  const changes = now.layers.flatMap(({ kernel: before }, i) => {
    const after = wider.layers[i]?.kernel;
    return after ? [{ before, after }] : [];
  });
  const half_s = terms.halfOfChange(changes);
  return {
    latency_s,
    latency_low_s: latency_s - half_s,
    latency_high_s: latency_s + half_s,
    ...energyOfDifference(now, wider, half_s),
    provenance: "predicted",
    layers: group.layers,
    width: group.width,
    freeUntil: freeWidth(network, group, { now, batch }, terms),
    now,
    wider,
  };
}

/** The group of a layer that has neurons: the last layer's number is given by the data. */
function groupOf(network: Network, layer: string): WidthGroup {
  const growing = freeGroups(network);
  const found = growing.find(({ layers }) => layers.includes(layer));
  if (found) return found;
  throw new UserError(`No neurons can be added to layer "${layer}" of "${network.name}"`, {
    hint: `Give one of ${growing.map(({ name }) => name).join(", ")}.`,
    exit: "usage",
  });
}

const atWidth = (network: Network, { writers }: WidthGroup, width: number): Network =>
  withWidths(network, new Map(writers.map((writer) => [writer, width])));

function freeWidth(
  network: Network,
  group: WidthGroup,
  { now, batch }: { readonly now: NetworkCost; readonly batch: number },
  { tryCost, steps }: NetworkTerms,
): number {
  const ofKernels_s = (kernels: readonly { readonly kernel: Kernel }[]): number =>
    kernels.reduce((sum, { kernel }) => sum + (tryCost(kernel)?.latency_s ?? Number.NaN), 0);
  const present_s = ofKernels_s(now.layers);
  const ends = steps.map((step) => treadEnd(group.width, step));
  const free = ends.filter(
    (end) =>
      ofKernels_s(kernelsOf(atWidth(network, group, end), { batch })) <= present_s * (1 + rounding),
  );
  return Math.max(group.width, ...free);
}
