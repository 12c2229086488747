/** value + first e1 + second e2 + mixed e1 e2 with e1^2 = e2^2 = 0: carries exact second derivatives through any program. */
export interface HyperDual {
  readonly value: number;
  readonly first: number;
  readonly second: number;
  readonly mixed: number;
}

/** A function of one variable with its first two derivatives. */
export interface SmoothFunction {
  value(x: number): number;
  first(x: number): number;
  second(x: number): number;
}

export const constant = (value: number): HyperDual => ({ value, first: 0, second: 0, mixed: 0 });

/** value + along1 e1 + along2 e2. */
export const variable = (value: number, along1: number, along2: number): HyperDual => ({
  value,
  first: along1,
  second: along2,
  mixed: 0,
});

export const add = (a: HyperDual, b: HyperDual): HyperDual => ({
  value: a.value + b.value,
  first: a.first + b.first,
  second: a.second + b.second,
  mixed: a.mixed + b.mixed,
});

export const scale = (a: HyperDual, factor: number): HyperDual => ({
  value: a.value * factor,
  first: a.first * factor,
  second: a.second * factor,
  mixed: a.mixed * factor,
});

export const multiply = (a: HyperDual, b: HyperDual): HyperDual => ({
  value: a.value * b.value,
  first: a.first * b.value + a.value * b.first,
  second: a.second * b.value + a.value * b.second,
  mixed: a.mixed * b.value + a.first * b.second + a.second * b.first + a.value * b.mixed,
});

/** Sum of the products of pairs; the inner loop of every layer, so it allocates one number. */
export function sumOfProducts(pairs: readonly (readonly [HyperDual, HyperDual])[]): HyperDual {
  let [value, first, second, mixed] = [0, 0, 0, 0];
  for (const [a, b] of pairs) {
    value += a.value * b.value;
    first += a.first * b.value + a.value * b.first;
    second += a.second * b.value + a.value * b.second;
    mixed += a.mixed * b.value + a.first * b.second + a.second * b.first + a.value * b.mixed;
  }
  return { value, first, second, mixed };
}

/** f(x) by the chain rule. */
export function apply(f: SmoothFunction, x: HyperDual): HyperDual {
  const slope = f.first(x.value);
  return {
    value: f.value(x.value),
    first: slope * x.first,
    second: slope * x.second,
    mixed: f.second(x.value) * x.first * x.second + slope * x.mixed,
  };
}
