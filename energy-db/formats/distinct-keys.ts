/** Rows whose keys the source repeats, told apart by a number: "a", "a (2)". */
export function distinctKeys<T extends { readonly key: string }>(rows: readonly T[]): readonly T[] {
  const seen = new Map<string, number>();
  return rows.map((row) => {
    const count = (seen.get(row.key) ?? 0) + 1;
    seen.set(row.key, count);
    return count === 1 ? row : { ...row, key: `${row.key} (${count})` };
  });
}
