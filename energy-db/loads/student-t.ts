/**
 * The value that Student's t with `freedom` degrees of freedom (any number from 1 on) exceeds in absolute value with
 * probability 5 %: half a 95 % interval in standard errors. Hill, Algorithm 396 (Communications of the ACM 13, 1970);
 * exact for one and two degrees, within 1e-4 elsewhere. Infinite below 1, where not even the median is known to be near.
 */
export function studentT95(freedom: number): number {
  const tail = 0.05;
  if (!(freedom >= 1)) return Number.POSITIVE_INFINITY;
  if (!Number.isFinite(freedom)) return normal975;
  if (Math.abs(freedom - 1) < 1e-9) return 1 / Math.tan((Math.PI * tail) / 2);
  if (Math.abs(freedom - 2) < 1e-9) return Math.sqrt(2 / (tail * (2 - tail)) - 2);
  const a = 1 / (freedom - 0.5);
  const b = 48 / (a * a);
  let c = ((20700 * a) / b - 98) * a - 16;
  c = c * a + 96.36;
  const d = ((94.5 / (b + c) - 3) / b + 1) * Math.sqrt((a * Math.PI) / 2) * freedom;
  let x = d * tail;
  let y = x ** (2 / freedom);
  if (y > 0.05 + a) {
    x = -normal975;
    y = x * x;
    if (freedom < 5) c += 0.3 * (freedom - 4.5) * (x + 0.6);
    c = (((0.05 * d * x - 5) * x - 7) * x - 2) * x + b + c;
    y = (((((0.4 * y + 6.3) * y + 36) * y + 94.5) / c - y - 3) / b + 1) * x;
    y = Math.expm1(a * y * y);
  } else
    y =
      ((1 / (((freedom + 6) / (freedom * y) - 0.089 * d - 0.822) * (freedom + 2) * 3) +
        0.5 / (freedom + 4)) *
        y -
        1) *
        ((freedom + 1) / (freedom + 2)) +
      1 / y;
  return Math.sqrt(freedom * y);
}

/** 97.5 % quantile of the standard normal distribution. */
const normal975 = 1.959964;
