import { activationsInMemory } from "../../src/network/costs.ts";
import { type Kernel, kernelsOf } from "../../src/network/kernel.ts";
import { type Network, networkInput, placeLayers } from "../../src/network/network.ts";
import { type WidthGroup, widthGroups } from "../../src/network/width-groups.ts";
import type { Budget, Cost, CostModel } from "../cost-model.ts";
import {
  type AdditiveQuantity,
  kernelQuantity,
  meetsLimit,
  overheadQuantity,
} from "../quantities.ts";
import { at, type Condition, type CostTerm, type SelectionProblem } from "./problem.ts";

/** A width group to choose a width for. */
export interface OpenGroup {
  readonly group: WidthGroup;
  /** Ascending. */
  readonly widths: Int32Array;
  /** Gain at each width. */
  readonly gains: Float64Array;
  /** Index of the present width. */
  readonly present: number;
}

export interface NetworkChoice {
  readonly network: Network;
  readonly open: readonly OpenGroup[];
  readonly costs: CostModel;
  readonly budget: Budget;
  /** Of the budget, those that add up over kernels. */
  readonly quantities: readonly AdditiveQuantity[];
}

/**
 * The selection problem of a network: one variable per open group, one term per kernel whose channels such groups are,
 * one condition per layer during which activations could exceed their memory.
 */
export function problemOf(choice: NetworkChoice): SelectionProblem {
  const { open, costs, budget, quantities } = choice;
  const constant = Float64Array.from(quantities, (quantity) => overheadQuantity(quantity, costs));
  const terms: CostTerm[] = [];
  for (const term of kernelTerms(choice))
    if (term.variables.length > 0) terms.push(term);
    else for (const [q, amount] of term.costs([]).entries()) constant[q] = at(constant, q) + amount;
  return {
    gains: open.map(({ gains }) => gains),
    present: open.map(({ present }) => present),
    terms,
    constant,
    limits: Float64Array.from(quantities, (q) => budget[q] ?? Number.POSITIVE_INFINITY),
    conditions: memoryConditions(choice),
  };
}

/** What every kernel costs at any widths of the open groups; those that no open group touches depend on none. */
export function kernelTerms(
  choice: Pick<NetworkChoice, "network" | "open" | "costs" | "quantities">,
): readonly CostTerm[] {
  const { open, costs, quantities } = choice;
  return kernelsBetween(choice).map(({ kernel, input, output }) => {
    const price = pricing(kernel, quantities, costs);
    const variables = [...new Set([input, output].filter((variable) => variable !== undefined))];
    const widthOf = (variable: number | undefined, levels: readonly number[], fixed: number) =>
      variable === undefined
        ? fixed
        : at(open[variable]?.widths ?? [], at(levels, variables.indexOf(variable)));
    return {
      variables,
      costs: (levels) =>
        price(
          widthOf(input, levels, kernel.inChannels),
          widthOf(output, levels, kernel.outChannels),
        ),
    };
  });
}

/** The variable of every layer whose channels are an open group's. */
function variablesByLayer({
  network,
  open,
}: Pick<NetworkChoice, "network" | "open">): ReadonlyMap<string, number> {
  const names = new Map(open.map(({ group }, variable) => [group.name, variable]));
  return new Map(
    widthGroups(network).flatMap(({ name, layers }) => {
      const variable = names.get(name);
      return variable === undefined ? [] : layers.map((layer) => [layer, variable] as const);
    }),
  );
}

/** A kernel, and the variables that its input and output channels are; undefined where they stay. */
export interface KernelBetween {
  readonly layer: string;
  readonly kernel: Kernel;
  readonly input: number | undefined;
  readonly output: number | undefined;
}

export function kernelsBetween(
  choice: Pick<NetworkChoice, "network" | "open">,
): readonly KernelBetween[] {
  const { network } = choice;
  const variableOf = variablesByLayer(choice);
  const inputOf = new Map(
    placeLayers(network).map(({ layer, inputs }) => [layer.name, inputs[0] ?? networkInput]),
  );
  return kernelsOf(network).map(({ layer, kernel }) => ({
    layer,
    kernel,
    input: variableOf.get(inputOf.get(layer) ?? networkInput),
    output: variableOf.get(layer),
  }));
}

/** A kernel's costs at other widths. */
function pricing(kernel: Kernel, quantities: readonly AdditiveQuantity[], costs: CostModel) {
  return (inChannels: number, outChannels: number): Float64Array => {
    const sized = withChannels(kernel, inChannels, outChannels);
    const model = askedOnce(costs, sized);
    return Float64Array.from(quantities, (quantity) => kernelQuantity(quantity, sized, model));
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
export function withChannels(kernel: Kernel, inChannels: number, outChannels: number): Kernel {
  const groups = kernel.op === "depthwise_conv2d" ? inChannels : kernel.groups;
  return { ...kernel, inChannels, outChannels, groups };
}

/** Per layer, that the activations in memory while it runs stay within the budget. */
function memoryConditions(choice: NetworkChoice): readonly Condition[] {
  const { network, open, budget } = choice;
  const limit = budget.peakMemory_bytes;
  if (limit === undefined) return [];
  const variableOf = variablesByLayer(choice);
  return activationsInMemory(network).map((tensors): Condition => {
    let fixed_bytes = 0;
    const perChannel_bytes = new Map<number, number>();
    for (const { layer, channels, bytesPerChannel } of tensors) {
      const variable = variableOf.get(layer);
      if (variable === undefined) fixed_bytes += channels * bytesPerChannel;
      else perChannel_bytes.set(variable, (perChannel_bytes.get(variable) ?? 0) + bytesPerChannel);
    }
    const variables = [...perChannel_bytes.keys()];
    const holds = (levels: readonly number[]): boolean => {
      let bytes = fixed_bytes;
      for (const [i, variable] of variables.entries())
        bytes +=
          at(open[variable]?.widths ?? [], at(levels, i)) * (perChannel_bytes.get(variable) ?? 0);
      return meetsLimit(bytes, limit);
    };
    return { variables, holds };
  });
}
