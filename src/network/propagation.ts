/** The nonzero entries of A' = D^-1/2 (A + I) D^-1/2, which is symmetric (Kipf and Welling 2017, section 2). */
export interface Propagation {
  readonly nodes: number;
  /** [entries]: row, column and value. */
  readonly rows: Int32Array;
  readonly columns: Int32Array;
  readonly values: Float32Array;
}

/** Of a graph by both ends of every undirected edge, one edge after the other. */
export function propagationOf({
  nodes,
  edges,
}: {
  readonly nodes: number;
  readonly edges: Iterable<number>;
}): Propagation {
  const ends = [...edges];
  const other = ends.map((_, i) => ends[i ^ 1] ?? 0);
  const loops = Array.from({ length: nodes }, (_, node) => node);
  const rows = Int32Array.from([...ends, ...loops]);
  const columns = Int32Array.from([...other, ...loops]);
  const degrees = new Float64Array(nodes);
  for (const row of rows) degrees[row] = (degrees[row] ?? 0) + 1;
  const values = Float32Array.from(
    rows,
    (row, i) => 1 / Math.sqrt((degrees[row] ?? 1) * (degrees[columns[i] ?? 0] ?? 1)),
  );
  return { nodes, rows, columns, values };
}
