/** Recurrence up to here, then the asymptotic series to the sixth term is exact to 1e-12. */
const asymptotic = 10;

/** Derivative of ln gamma(x), x > 0 (Abramowitz and Stegun 6.3.5, 6.3.18). */
export function digamma(x: number): number {
  if (x < asymptotic) return digamma(x + 1) - 1 / x;
  const s = 1 / (x * x);
  return (
    Math.log(x) - 0.5 / x - s * (1 / 12 - s * (1 / 120 - s * (1 / 252 - s * (1 / 240 - s / 132))))
  );
}

/** Derivative of digamma(x), x > 0 (6.4.6, 6.4.12). */
export function trigamma(x: number): number {
  if (x < asymptotic) return trigamma(x + 1) + 1 / (x * x);
  const s = 1 / (x * x);
  return (
    1 / x + s / 2 + (s / x) * (1 / 6 - s * (1 / 30 - s * (1 / 42 - s * (1 / 30 - (5 * s) / 66))))
  );
}

/** x with trigamma(x) = y, y > 0, by bisection of the decreasing function on a logarithmic scale. */
export function inverseTrigamma(y: number): number {
  let [low, high] = [1e-8, 1e8];
  for (let round = 0; round < 100; round++) {
    const middle = Math.sqrt(low * high);
    if (trigamma(middle) > y) low = middle;
    else high = middle;
  }
  return Math.sqrt(low * high);
}
