/** A vector of any length. */
export type Vector = ArrayLike<number>;

/** A copy of a split neuron: its share of the outgoing weights and its displacement of theta, in units of the step. */
export interface Copy {
  readonly weight: number;
  readonly displacement: readonly number[];
}

/** Unit vectors of the least and the greatest eigenvalue of a splitting matrix. */
export interface Ends {
  readonly least: Vector;
  readonly greatest: Vector;
}

/** Copies of each type; a type adds one neuron less. */
export const splitTypes = {
  "positive binary": 2,
  "negative binary": 2,
  "positive triplet": 3,
  "negative triplet": 3,
  "hybrid triplet": 3,
  quartet: 4,
} as const;
export type SplitType = keyof typeof splitTypes;
export const splitTypeNames = Object.keys(splitTypes) as readonly SplitType[];

/** Sum of absolute weights of the copies that signed splits may have (S3D's trust region): 3 gives weights 2 and -1. */
export const usualC = 3;

const masses = (c: number) => ({ plus: (c + 1) / 2, minus: (c - 1) / 2 });

/**
 * The copies of a split under sum |w| <= c (S3D, Wang et al. 2020, arXiv 2003.10392): weights sum to 1, weighted displacements
 * to 0, none longer than the step. The hybrid triplet is the optimum of three copies where both ends count.
 */
export function copiesOf(type: SplitType, { least, greatest }: Ends, c = usualC): readonly Copy[] {
  const { plus, minus } = masses(c);
  const u = Array.from(least);
  const v = Array.from(greatest);
  const still = u.map(() => 0);
  const times = (vector: readonly number[], by: number) => vector.map((entry) => by * entry);
  const sum = (a: readonly number[], b: readonly number[]) => a.map((x, i) => x + (b[i] ?? 0));
  const copy = (weight: number, displacement: readonly number[]): Copy => ({
    weight,
    displacement,
  });
  const pair = (weight: number, along: readonly number[], around = still) => [
    copy(weight / 2, sum(around, along)),
    copy(weight / 2, sum(around, times(along, -1))),
  ];
  switch (type) {
    case "positive binary":
      return pair(1, u);
    case "negative binary":
      return [copy(plus, times(v, minus / plus)), copy(-minus, v)];
    case "positive triplet":
      return [...pair(plus, u), copy(-minus, still)];
    case "negative triplet":
      return [copy(plus, still), ...pair(-minus, v)];
    case "hybrid triplet": {
      const aside = times(u, Math.sqrt(1 - (minus / plus) ** 2));
      return [...pair(plus, aside, times(v, minus / plus)), copy(-minus, v)];
    }
    case "quartet":
      return [...pair(plus, u), ...pair(-minus, v)];
  }
}

/** Q of a split by the ends of the spectrum: the loss changes by step^2 / 2 x Q. */
export function quadraticForm(
  type: SplitType,
  { least, greatest }: { readonly least: number; readonly greatest: number },
  c = usualC,
): number {
  const { plus, minus } = masses(c);
  switch (type) {
    case "positive binary":
      return least;
    case "negative binary":
      return (-minus / plus) * greatest;
    case "positive triplet":
      return plus * least;
    case "negative triplet":
      return -minus * greatest;
    case "hybrid triplet":
      return ((2 * c) / (c + 1)) * least - (minus / plus) * greatest;
    case "quartet":
      return plus * least - minus * greatest;
  }
}
