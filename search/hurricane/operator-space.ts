import { UserError } from "../../src/errors.ts";

/** What one operator does, and costs on one device, at the exact shapes of one layer. */
export interface LayerOperator {
  readonly name: string;
  readonly macs: number;
  readonly params: number;
  /** Latency or energy, in one unit throughout the layer. */
  readonly cost: number;
}

/** HURRICANE (arXiv 1910.11609) weighs capacity against cost; its weights are not published, so these are parameters of ours. */
export interface SpaceOptions {
  /** Operators per layer, m. */
  readonly size: number;
  /** Share of MACs in the capacity, w_f; the rest is parameters. */
  readonly macsShare?: number;
  /** alpha of score = capacity^alpha / cost^beta. */
  readonly capacityExponent?: number;
  /** beta. */
  readonly costExponent?: number;
  /** Puts the cheapest operator in place of the worst chosen one, so that a limit which any network meets can be met. */
  readonly keepsCheapest?: boolean;
}

/**
 * The operators of greatest score of every layer, the best first; of equal scores the earlier. Capacity and cost are relative
 * to the layer's greatest, so that no unit matters. Throws UserError where a cost is not above 0, or a layer has too few.
 */
export function chooseOperators(
  layers: readonly (readonly LayerOperator[])[],
  options: SpaceOptions,
): readonly (readonly LayerOperator[])[] {
  return layers.map((pool, layer) => {
    requirePool(pool, layer, options.size);
    const scores = new Map(pool.map((operator) => [operator, scoreOf(operator, pool, options)]));
    const scored = (operator: LayerOperator): number => scores.get(operator) ?? 0;
    const chosen = [...pool].sort((a, b) => scored(b) - scored(a)).slice(0, options.size);
    return options.keepsCheapest ? withCheapest(chosen, pool) : chosen;
  });
}

function scoreOf(
  { macs, params, cost }: LayerOperator,
  pool: readonly LayerOperator[],
  { macsShare = 1, capacityExponent = 1, costExponent = 1 }: SpaceOptions,
): number {
  const capacity =
    macsShare * shareOf(macs, pool, "macs") + (1 - macsShare) * shareOf(params, pool, "params");
  return capacity ** capacityExponent / shareOf(cost, pool, "cost") ** costExponent;
}

/** Relative to the greatest of the layer; 0 where none has any, as in a layer without parameters. */
function shareOf(
  amount: number,
  pool: readonly LayerOperator[],
  quantity: "macs" | "params" | "cost",
): number {
  const most = Math.max(...pool.map((operator) => operator[quantity]));
  return most > 0 ? amount / most : 0;
}

function withCheapest(
  chosen: readonly LayerOperator[],
  pool: readonly LayerOperator[],
): readonly LayerOperator[] {
  const cheapest = pool.reduce((least, operator) =>
    operator.cost < least.cost ? operator : least,
  );
  return chosen.includes(cheapest) ? chosen : [...chosen.slice(0, -1), cheapest];
}

function requirePool(pool: readonly LayerOperator[], layer: number, size: number): void {
  if (!Number.isInteger(size) || size < 1 || size > pool.length)
    throw new UserError(`${size} operators asked for of the ${pool.length} of layer ${layer + 1}`, {
      hint: `Ask for a whole number from 1 to ${pool.length}`,
      exit: "usage",
    });
  const free = pool.find(({ cost }) => !(cost > 0 && Number.isFinite(cost)));
  if (free)
    throw new UserError(
      `${free.name} costs ${free.cost} in layer ${layer + 1}, expected more than 0`,
      { hint: "Measure the operator, or leave it out of the pool" },
    );
}
