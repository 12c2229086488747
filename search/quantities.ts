import { UserError } from "../src/errors.ts";
import { kernelMacs, kernelParameters, networkPeakMemory_bytes } from "../src/network/costs.ts";
import { type Kernel, kernelsOf } from "../src/network/kernel.ts";
import type { Network } from "../src/network/network.ts";
import { formatBytes, formatCount, formatJoules, formatSeconds } from "../src/units.ts";
import type { Budget, CostModel } from "./cost-model.ts";

/** What a budget can limit. */
export type Quantity = keyof Budget;

/** What adds up over the kernels of a network; peak memory does not. */
export type AdditiveQuantity = Exclude<Quantity, "peakMemory_bytes">;

/** An amount per quantity, in the unit its name carries; absent where nobody asked or knows. */
export type Quantities = Readonly<Partial<Record<Quantity, number>>>;

interface Words {
  readonly label: string;
  format(amount: number): string;
}

const words: { readonly [Q in Quantity]-?: Words } = {
  latency_s: { label: "latency", format: formatSeconds },
  energy_j: { label: "energy", format: formatJoules },
  macs: { label: "MACs", format: formatCount },
  parameters: { label: "parameters", format: formatCount },
  peakMemory_bytes: { label: "peak activation memory", format: formatBytes },
};

interface AdditiveRule {
  /** Undefined where the cost model does not know the quantity. */
  kernel(kernel: Kernel, model: CostModel): number | undefined;
  /** What an inference costs beyond its kernels. */
  overhead(model: CostModel): number;
}

const additive: { readonly [Q in AdditiveQuantity]: AdditiveRule } = {
  latency_s: {
    kernel: (kernel, model) => model.kernel(kernel).latency_s,
    overhead: (model) => model.overhead.latency_s,
  },
  energy_j: {
    kernel: (kernel, model) => model.kernel(kernel).energy_j,
    overhead: (model) => model.overhead.energy_j ?? 0,
  },
  macs: { kernel: kernelMacs, overhead: () => 0 },
  parameters: { kernel: kernelParameters, overhead: () => 0 },
};

const order = [
  "latency_s",
  "energy_j",
  "macs",
  "parameters",
  "peakMemory_bytes",
] as const satisfies Quantity[];

/** The quantities a budget limits, in a fixed order. Throws a UserError when it limits none, or not by a positive number. */
export function budgetedQuantities(budget: Budget): readonly Quantity[] {
  const limited = order.filter((quantity) => budget[quantity] !== undefined);
  if (limited.length === 0)
    throw new UserError(
      "The budget limits nothing; expected latency, energy, MACs, parameters or peak activation memory",
      { hint: "Give at least one limit, for example --latency-ms 5.", exit: "usage" },
    );
  for (const quantity of limited) {
    const limit = budget[quantity] ?? Number.NaN;
    if (!(limit > 0 && Number.isFinite(limit)))
      throw new UserError(
        `The ${words[quantity].label} budget is ${limit}; expected a positive number`,
        { hint: "Leave a limit out to leave it open.", exit: "usage" },
      );
  }
  return limited;
}

/** True for what adds up over the kernels. */
export const isAdditive = (quantity: Quantity): quantity is AdditiveQuantity =>
  quantity in additive;

/** One kernel's amount of a quantity. Throws a UserError when the cost model does not know it. */
export function kernelQuantity(
  quantity: AdditiveQuantity,
  kernel: Kernel,
  model: CostModel,
): number {
  const amount = additive[quantity].kernel(kernel, model);
  if (amount !== undefined) return amount;
  throw new UserError(
    `A budget on ${words[quantity].label} needs costs that ${model.source} does not have`,
    {
      hint: "Profile with a meter or an assumed power, or budget another quantity.",
      exit: "unavailable",
    },
  );
}

/** What an inference costs beyond its kernels. */
export const overheadQuantity = (quantity: AdditiveQuantity, model: CostModel): number =>
  additive[quantity].overhead(model);

/** Whole-network amounts. */
export function networkQuantities(
  network: Network,
  model: CostModel,
  quantities: readonly Quantity[],
): Quantities {
  const kernels = kernelsOf(network);
  const amount = (quantity: Quantity): number =>
    isAdditive(quantity)
      ? kernels.reduce(
          (total, { kernel }) => total + kernelQuantity(quantity, kernel, model),
          overheadQuantity(quantity, model),
        )
      : networkPeakMemory_bytes(network);
  return Object.fromEntries(quantities.map((quantity) => [quantity, amount(quantity)]));
}

/** The same; undefined where the cost model does not answer for a kernel. */
export function knownQuantities(
  network: Network,
  model: CostModel,
  quantities: readonly Quantity[],
): Quantities | undefined {
  try {
    return networkQuantities(network, model, quantities);
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}

/** Sums of the same terms in another order differ in the last bits; a limit allows for that. */
const rounding = 1 + 1e-12;

/** True if an amount meets its limit, sums being inexact in the last bits. */
export const meetsLimit = (amount: number, limit: number): boolean => amount <= limit * rounding;

/** True if every limited amount meets its limit. */
export const meetsBudget = (amounts: Quantities, budget: Budget): boolean =>
  order.every((quantity) => {
    const limit = budget[quantity];
    return limit === undefined || meetsLimit(amounts[quantity] ?? Number.NaN, limit);
  });

/** The refusal of a budget that no network of the search space meets; `smallest` is the least it could cost. */
export function budgetTooSmall(network: Network, budget: Budget, smallest: Quantities): UserError {
  const lines = order.flatMap((quantity) => {
    const given = budget[quantity];
    const needed = smallest[quantity];
    if (given === undefined || needed === undefined || meetsLimit(needed, given)) return [];
    const { label, format } = words[quantity];
    return [`${label} ${format(given)} given, at least ${format(needed)} needed`];
  });
  const found = lines.length > 0 ? lines.join("; ") : "no widths meet all limits at once";
  return new UserError(`Budget below the smallest ${network.name}: ${found}`, {
    hint: "Raise the budget, or start from a smaller network.",
    exit: "budget",
  });
}

/** An amount with its name and unit: "latency 1.2 ms". */
export const describeQuantity = (quantity: Quantity, amount: number): string =>
  `${words[quantity].label} ${words[quantity].format(amount)}`;
