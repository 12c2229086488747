import { at, type CostTerm, type GrowthProblem } from "./growth-problem.ts";

/** A growth problem with every cost written out over the levels of variables and pairs. */
export interface CostTables {
  readonly problem: GrowthProblem;
  /** Per variable, the levels of the problem that are in the tables; rows below follow them. */
  readonly candidates: readonly Int32Array[];
  readonly gains: readonly Float64Array[];
  /** Per limited quantity, costs of each variable's levels. */
  readonly single: readonly (readonly Float64Array[])[];
  readonly pairs: readonly {
    readonly first: number;
    readonly second: number;
    /** Per limited quantity, row-major. */
    readonly costs: readonly Float64Array[];
  }[];
}

/** Writes every cost out over the candidate levels: the only place where a table's cost is asked in bulk. */
export function tabulate(problem: GrowthProblem, candidates: readonly Int32Array[]): CostTables {
  const quantities = problem.limits.length;
  const sizeOf = (variable: number) => candidates[variable]?.length ?? 0;
  const single = Array.from({ length: quantities }, () =>
    candidates.map(({ length }) => new Float64Array(length)),
  );
  const pairs = problem.terms.flatMap((term) => {
    const [first, second] = term.variables;
    if (second !== undefined)
      return [{ first, second, costs: pairCosts(term, candidates, quantities) }];
    for (let row = 0; row < sizeOf(first); row++) {
      const amounts = term.costs(candidates[first]?.[row] ?? 0, 0);
      for (const [q, costs] of single.entries()) {
        const own = costs[first];
        if (own) own[row] = at(own, row) + at(amounts, q);
      }
    }
    return [];
  });
  const gains = candidates.map((levels, variable) =>
    Float64Array.from(levels, (level) => problem.gains[variable]?.[level] ?? 0),
  );
  return { problem, candidates, gains, single, pairs };
}

function pairCosts(term: CostTerm, candidates: readonly Int32Array[], quantities: number) {
  const [rows, columns] = term.variables.map((variable) => candidates[variable]);
  if (!rows || !columns) throw new Error("A cost term names a variable without candidates");
  const costs = Array.from(
    { length: quantities },
    () => new Float64Array(rows.length * columns.length),
  );
  let cell = 0;
  for (const first of rows)
    for (const second of columns) {
      const amounts = term.costs(first, second);
      for (const [q, table] of costs.entries()) table[cell] = at(amounts, q);
      cell++;
    }
  return costs;
}
