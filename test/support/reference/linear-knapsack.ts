/** A layer whose neurons all cost the same: the knapsack of arXiv 1910.03103 charges no coupling between layers. */
export interface LinearLayer {
  /** Gain of each neuron if split, in any order; those not positive are never taken. */
  readonly gains: readonly number[];
  /** Cost of one split, positive. */
  readonly cost: number;
  /** Most neurons that may split. */
  readonly cap: number;
}

/** Solution of the relaxed knapsack, and what remains of it when fractions are dropped. */
export interface LinearSelection {
  /** Optimum of the linear programme, fractions counted. */
  readonly relaxedGain: number;
  /** Splits per layer with beta at the threshold or above. */
  readonly splits: readonly number[];
  readonly gain: number;
  readonly cost: number;
}

/**
 * The selection of arXiv 1910.03103, for comparison: max SUM beta gain, SUM beta cost <= budget, 0 <= beta <= 1,
 * then beta >= 0.99. Filling by gain per cost solves the linear programme exactly; at most one beta is a fraction.
 */
export function linearKnapsack(layers: readonly LinearLayer[], budget: number): LinearSelection {
  const items = layers
    .flatMap(({ gains, cost, cap }, layer) =>
      [...gains]
        .filter((gain) => gain > 0)
        .sort((a, b) => b - a)
        .slice(0, cap)
        .map((gain) => ({ layer, gain, cost })),
    )
    .sort((a, b) => b.gain / b.cost - a.gain / a.cost);
  const splits = layers.map(() => 0);
  let [relaxedGain, gain, cost, left] = [0, 0, 0, budget];
  for (const item of items) {
    const beta = Math.min(1, left / item.cost);
    relaxedGain += beta * item.gain;
    left -= beta * item.cost;
    if (beta < threshold) continue;
    splits[item.layer] = (splits[item.layer] ?? 0) + 1;
    gain += item.gain;
    cost += item.cost;
  }
  return { relaxedGain, splits, gain, cost };
}

const threshold = 0.99;
