import { at } from "./problem.ts";

/** One way of splitting a neuron: how many neurons it adds and what that gains (negative: loses). */
export interface MenuEntry {
  readonly added: number;
  readonly gain: number;
}

/** What a width group gains by the number of neurons it adds. */
export interface GainCurve {
  /** By neurons added, from 0; -Infinity where no choice from the menus adds exactly so many. */
  readonly gains: Float64Array;
  /** The entry chosen of every neuron's menu for that many neurons; undefined for a neuron that stays. */
  chosen<Entry extends MenuEntry>(
    added: number,
    menus: readonly (readonly Entry[])[],
  ): readonly (Entry | undefined)[];
}

/**
 * The best choice of at most one entry per neuron's menu, for every total of added neurons up to `most`: an exact dynamic
 * programme over the neurons. With one neuron added per split it is the sum of the largest gains.
 */
export function gainCurve(menus: readonly (readonly MenuEntry[])[], most: number): GainCurve {
  let gains = new Float64Array(most + 1).fill(Number.NEGATIVE_INFINITY);
  gains[0] = 0;
  const choices = menus.map((menu) => {
    const next = Float64Array.from(gains);
    const chosen = new Int16Array(most + 1).fill(-1);
    for (const [entry, { added, gain }] of menu.entries())
      for (let total = added; total <= most; total++) {
        const value = at(gains, total - added) + gain;
        if (value <= at(next, total)) continue;
        next[total] = value;
        chosen[total] = entry;
      }
    gains = next;
    return chosen;
  });
  return {
    gains,
    chosen: (added, from) => {
      let left = added;
      const picked = [...choices].reverse().map((chosen, i) => {
        const entry = from[menus.length - 1 - i]?.[at(chosen, left)];
        left -= entry?.added ?? 0;
        return entry;
      });
      return picked.reverse();
    },
  };
}
