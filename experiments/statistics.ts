import { studentT95 } from "../energy-db/loads/student-t.ts";

export const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** Of the population that these values are a sample of; NaN for fewer than two. */
export function standardDeviation(values: readonly number[]): number {
  const centre = mean(values);
  const squares = values.reduce((sum, value) => sum + (value - centre) ** 2, 0);
  return Math.sqrt(squares / (values.length - 1));
}

/** An estimate with its 95 % interval. */
export interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** Mean of paired differences with the interval of Student's t: pairs are few, and each is a mean over thousands of examples. */
export function pairedDifference(
  pairs: readonly (readonly [number, number])[],
): Estimate | undefined {
  const differences = pairs.map(([one, other]) => one - other);
  const count = differences.length;
  if (count < 2) return undefined;
  const value = mean(differences);
  const half = (studentT95(count - 1) * standardDeviation(differences)) / Math.sqrt(count);
  return { value, low: value - half, high: value + half };
}

/** Kendall's tau-b (Kendall 1945): 1 where pairs are ranked alike, -1 where contrarily; ties count for neither. */
export function kendallTau(pairs: readonly (readonly [number, number])[]): number {
  let [agreement, ofFirst, ofSecond] = [0, 0, 0];
  for (const [i, [a, b]] of pairs.entries())
    for (const [c, d] of pairs.slice(0, i)) {
      const [first, second] = [Math.sign(a - c), Math.sign(b - d)];
      agreement += first * second;
      ofFirst += first ** 2;
      ofSecond += second ** 2;
    }
  return agreement / Math.sqrt(ofFirst * ofSecond);
}
