/** An interval as wide as the value or wider still ends above zero: no cost is free. */
export const below = (value: number, relative: number): number =>
  value * (relative < 1 ? 1 - relative : 1 / (1 + relative));
