import { at, type Levels } from "./growth-problem.ts";

/** An objective that is a sum of tables over single variables and over pairs of them. */
export interface PairwiseObjective {
  /** Per variable, a value per level. */
  readonly single: readonly Float64Array[];
  readonly pairs: readonly PairTable[];
}

/** Values of a pair of variables, row-major: `values[first * sizeOf(second) + second]`. */
interface PairTable {
  readonly first: number;
  readonly second: number;
  readonly values: Float64Array;
}

/**
 * The levels of greatest sum, exactly: variables are maximised out one after the other. On a chain this is
 * the Viterbi algorithm; it also solves trees and residual ladders, where each step leaves at most a pair.
 */
export function maximise({ single, pairs }: PairwiseObjective): Levels {
  const tables = single.map((values) => Float64Array.from(values));
  const graph = new PairGraph(tables);
  for (const pair of pairs) graph.add(pair);
  const eliminated = tables.map(() => eliminate(graph.takeLeastConnected(), graph));
  const levels = new Int32Array(single.length);
  for (const { variable, neighbours, best } of eliminated.reverse()) {
    const [row = 0, column = 0] = neighbours.map((other) => at(levels, other));
    const columns = neighbours[1] === undefined ? 1 : (single[neighbours[1]]?.length ?? 1);
    levels[variable] = at(best, row * columns + column);
  }
  return levels;
}

interface Connected {
  readonly variable: number;
  readonly values: Float64Array;
  /** The other variable of each pair, and the pair's values with this variable's levels as rows. */
  readonly pairs: readonly { readonly other: number; readonly values: Float64Array }[];
}

interface Eliminated {
  readonly variable: number;
  readonly neighbours: readonly number[];
  /** Best level of the variable for every combination of its neighbours' levels. */
  readonly best: Int32Array;
}

/** Maximises one variable out, leaving its neighbours a table of what it then contributes. */
function eliminate({ variable, values, pairs }: Connected, graph: PairGraph): Eliminated {
  const [row = absent, column = absent] = pairs;
  const message = bestLevels(values, row.values, column.values);
  if (row !== absent && column !== absent)
    graph.add({ first: row.other, second: column.other, values: message.greatest });
  else if (row !== absent) graph.addSingle(row.other, message.greatest);
  return { variable, neighbours: pairs.map(({ other }) => other), best: message.best };
}

/** Stands for a neighbour that a variable lacks: one level, worth nothing. */
const absent = { other: -1, values: new Float64Array() };

function bestLevels(values: Float64Array, row: Float64Array, column: Float64Array) {
  const size = values.length;
  const rows = Math.max(1, row.length / size);
  const columns = Math.max(1, column.length / size);
  const best = new Int32Array(rows * columns);
  const greatest = new Float64Array(rows * columns).fill(Number.NEGATIVE_INFINITY);
  for (let level = 0; level < size; level++)
    for (let cell = 0; cell < best.length; cell++) {
      const i = columns === 1 ? cell : Math.floor(cell / columns);
      const value =
        at(values, level) +
        (row[level * rows + i] ?? 0) +
        (column[level * columns + (cell - i * columns)] ?? 0);
      if (value <= at(greatest, cell)) continue;
      greatest[cell] = value;
      best[cell] = level;
    }
  return { best, greatest };
}

/** The variables not yet eliminated and the tables between them. */
class PairGraph {
  private readonly single: readonly Float64Array[];
  private readonly pairs: Map<number, Float64Array>[];
  private readonly remaining: Set<number>;

  constructor(single: readonly Float64Array[]) {
    this.single = single;
    this.pairs = single.map(() => new Map());
    this.remaining = new Set(single.keys());
  }

  /** Adds a table to the pair's own; each end keeps it with its own levels as rows. */
  add({ first, second, values }: PairTable): void {
    const rows = this.single[first]?.length ?? 0;
    this.addOneWay(first, second, values);
    this.addOneWay(second, first, transposed(values, rows));
  }

  addSingle(variable: number, values: Float64Array): void {
    const own = this.single[variable];
    if (own) addTo(own, values);
  }

  /** Removes and returns the variable with fewest neighbours, the first of them on ties. */
  takeLeastConnected(): Connected {
    let taken = -1;
    for (const variable of this.remaining)
      if (taken < 0 || this.degree(variable) < this.degree(taken)) taken = variable;
    if (this.degree(taken) > 2)
      throw new Error("Width groups are coupled too densely for exact elimination");
    const pairs = [...(this.pairs[taken] ?? [])].map(([other, values]) => ({ other, values }));
    for (const { other } of pairs) this.pairs[other]?.delete(taken);
    this.remaining.delete(taken);
    return { variable: taken, values: this.single[taken] ?? new Float64Array(), pairs };
  }

  private degree(variable: number): number {
    return this.pairs[variable]?.size ?? 0;
  }

  private addOneWay(from: number, to: number, values: Float64Array): void {
    const present = this.pairs[from]?.get(to);
    if (present) addTo(present, values);
    else this.pairs[from]?.set(to, Float64Array.from(values));
  }
}

function addTo(target: Float64Array, values: Float64Array): void {
  for (let i = 0; i < target.length; i++) target[i] = at(target, i) + at(values, i);
}

function transposed(values: Float64Array, rows: number): Float64Array {
  const columns = values.length / rows;
  const result = new Float64Array(values.length);
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++) result[j * rows + i] = at(values, i * columns + j);
  return result;
}
