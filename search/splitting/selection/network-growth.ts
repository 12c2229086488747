import { type Kernel, kernelFamily, kernelsOf } from "../../../src/network/kernel.ts";
import { type Network, networkInput, placeLayers } from "../../../src/network/network.ts";
import { type WidthGroup, widthGroups } from "../../../src/network/width-groups.ts";
import type { Budget, Cost, CostModel } from "../../cost-model.ts";
import { type AdditiveQuantity, kernelQuantity, overheadQuantity } from "../../quantities.ts";
import { at, type CostTerm, type GrowthProblem } from "./growth-problem.ts";

/** A width group that may grow: the widths it may take and what they gain. */
export interface GrowingGroup {
  readonly group: WidthGroup;
  /** Present width first, ascending. */
  readonly widths: Int32Array;
  /** Gain at each width. */
  readonly gains: Float64Array;
}

/** What a growth problem over a network is made of. */
export interface NetworkGrowth {
  readonly network: Network;
  readonly growing: readonly GrowingGroup[];
  readonly costs: CostModel;
  readonly budget: Budget;
  readonly quantities: readonly AdditiveQuantity[];
}

/**
 * The growth problem of a network: one variable per growing group, one term per kernel whose channels such
 * groups are. Kernels alike but for their channels share their costs, each asked of the cost model once.
 */
export function growthProblemOf(growth: NetworkGrowth): GrowthProblem {
  const { network, growing, costs, budget, quantities } = growth;
  const constant = Float64Array.from(quantities, (quantity) => overheadQuantity(quantity, costs));
  const priced = pricedFamilies(quantities, costs);
  const terms: CostTerm[] = [];
  for (const channels of channelsOf(network, growing)) {
    const price = priced(channels.kernel);
    const term = termOf(channels, growing, price);
    if (term) terms.push(term);
    else {
      const amounts = price(channels.kernel.inChannels, channels.kernel.outChannels);
      for (let q = 0; q < constant.length; q++) constant[q] = at(constant, q) + at(amounts, q);
    }
  }
  return {
    gains: growing.map(({ gains }) => gains),
    terms,
    constant,
    limits: Float64Array.from(quantities, (q) => budget[q] ?? Number.POSITIVE_INFINITY),
  };
}

/** A kernel, and which growing groups its input and output channels are (undefined: none, they stay). */
interface KernelChannels {
  readonly kernel: Kernel;
  readonly input: number | undefined;
  readonly output: number | undefined;
}

function channelsOf(network: Network, growing: readonly GrowingGroup[]): readonly KernelChannels[] {
  const variableOf = new Map<string, number>();
  const names = new Map(growing.map(({ group }, variable) => [group.name, variable]));
  for (const group of widthGroups(network)) {
    const variable = names.get(group.name);
    if (variable === undefined) continue;
    for (const layer of group.layers) variableOf.set(layer, variable);
  }
  const inputOf = new Map(
    placeLayers(network).map(({ layer, inputs }) => [layer.name, inputs[0] ?? networkInput]),
  );
  return kernelsOf(network).map(({ layer, kernel }) => ({
    kernel,
    input: variableOf.get(inputOf.get(layer) ?? networkInput),
    output: variableOf.get(layer),
  }));
}

/** Costs per quantity at input and output channels. */
type Price = (inChannels: number, outChannels: number) => Float64Array;

function termOf(
  { kernel, input, output }: KernelChannels,
  growing: readonly GrowingGroup[],
  price: Price,
): CostTerm | undefined {
  const widthsOf = (variable: number) => growing[variable]?.widths ?? new Int32Array();
  if (input !== undefined && output !== undefined && input !== output) {
    const [inWidths, outWidths] = [widthsOf(input), widthsOf(output)];
    return {
      variables: [input, output],
      costs: (first, second) => price(at(inWidths, first), at(outWidths, second)),
    };
  }
  const variable = input ?? output;
  if (variable === undefined) return undefined;
  const widths = widthsOf(variable);
  return {
    variables: [variable],
    costs: (level) =>
      price(
        input === undefined ? kernel.inChannels : at(widths, level),
        output === undefined ? kernel.outChannels : at(widths, level),
      ),
  };
}

/** Remembers costs by family and channels: equal kernels of different layers are asked once. */
function pricedFamilies(quantities: readonly AdditiveQuantity[], costs: CostModel) {
  const families = new Map<string, Map<number, Float64Array>>();
  return (kernel: Kernel): Price => {
    const family = kernelFamily(kernel);
    const known = families.get(family) ?? new Map<number, Float64Array>();
    families.set(family, known);
    return (inChannels, outChannels) => {
      const key = inChannels * 2 ** 24 + outChannels;
      const found = known.get(key);
      if (found) return found;
      const sized = withChannels(kernel, inChannels, outChannels);
      const model = askedOnce(costs, sized);
      const amounts = Float64Array.from(quantities, (quantity) =>
        kernelQuantity(quantity, sized, model),
      );
      known.set(key, amounts);
      return amounts;
    };
  };
}

/** The cost model as far as one kernel goes: asked at most once, however many quantities are read. */
function askedOnce(costs: CostModel, sized: Kernel): CostModel {
  let answer: Cost | undefined;
  const kernel = () => {
    answer ??= costs.kernel(sized);
    return answer;
  };
  return { source: costs.source, overhead: costs.overhead, kernel };
}

/** The same kernel at other widths; a depthwise one has a group per channel. */
function withChannels(kernel: Kernel, inChannels: number, outChannels: number): Kernel {
  const groups = kernel.op === "depthwise_conv2d" ? inChannels : kernel.groups;
  return { ...kernel, inChannels, outChannels, groups };
}
