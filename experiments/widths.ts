/** "8-16-24x6-32": equal neighbours together. */
export function widthsText(widths: readonly number[]): string {
  const runs: { readonly width: number; times: number }[] = [];
  for (const width of widths) {
    const last = runs[runs.length - 1];
    if (last?.width === width) last.times++;
    else runs.push({ width, times: 1 });
  }
  return runs.map(({ width, times }) => (times > 1 ? `${width}x${times}` : `${width}`)).join("-");
}
