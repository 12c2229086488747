/**
 * Choose one level per variable: gains add up over variables, costs over terms; a choice must meet every limit and every
 * condition. Gains and costs may be any tables: negative, in steps, with dips.
 */
export interface SelectionProblem {
  /** Per variable, the gain at each of its levels. */
  readonly gains: readonly Float64Array[];
  /** Per variable, the level at which nothing changes. */
  readonly present: readonly number[];
  readonly terms: readonly CostTerm[];
  /** Per limited quantity, the cost that no level changes. */
  readonly constant: Float64Array;
  /** Per limited quantity, the most that constant and terms together may cost. */
  readonly limits: Float64Array;
  /** What else must hold, whatever it costs. */
  readonly conditions: readonly Condition[];
}

/** A cost that depends on the levels of some variables: one, two for a kernel between two width groups. */
export interface CostTerm {
  /** Different variables, at least one. */
  readonly variables: readonly number[];
  /** Cost per limited quantity at the levels of its variables. */
  costs(levels: readonly number[]): Float64Array;
}

/** Levels of some variables that must not meet. */
export interface Condition {
  /** Different variables; none for what holds or fails whatever is chosen. */
  readonly variables: readonly number[];
  holds(levels: readonly number[]): boolean;
}

/** Element of an array that the caller knows to be there. */
export const at = (values: ArrayLike<number>, index: number): number => values[index] ?? Number.NaN;
