/** Vector and tile widths are powers of two: where a staircase has an edge, it has one at multiples of this. */
const edge = 16;

export interface WidthRange {
  readonly floor: number;
  readonly cap: number;
  /** Widths between are multiples of this. */
  readonly grid: number;
}

/**
 * The widths to measure along one axis, ascending, at most `count` (and never more than there are): both
 * ends, so that nothing inside is extrapolated; pairs across possible step edges (16, 17), (32, 33), ... evenly
 * over octaves, which show a riser with two points and a tread between two pairs; the largest gaps halved,
 * in octaves, with what is left.
 */
export function widthLevels(range: WidthRange, count: number): readonly number[] {
  const { floor, cap } = range;
  const levels = new Set([floor, cap]);
  const add = (width: number): void => {
    const snapped = onGrid(width, range);
    if (levels.size < count && snapped > floor && snapped < cap) levels.add(snapped);
  };
  for (const width of chosenEdges(range, count)) {
    add(width);
    add(width + range.grid);
  }
  add(cap - range.grid);
  while (levels.size < Math.min(count, distinctWidths(range))) {
    const before = levels.size;
    for (const middle of gapMiddles([...levels].sort((a, b) => a - b))) {
      add(middle);
      if (levels.size > before) break;
    }
    if (levels.size === before) break;
  }
  return [...levels].sort((a, b) => a - b);
}

const onGrid = (width: number, { grid }: WidthRange): number =>
  Math.max(grid, Math.round(width / grid) * grid);

const distinctWidths = ({ floor, cap, grid }: WidthRange): number =>
  Math.floor(cap / grid) - Math.ceil(floor / grid) + 3;

/** Multiples of 16 between the ends, doubling; of too many the lowest, the highest, and every other between. */
function chosenEdges({ floor, cap }: WidthRange, count: number): readonly number[] {
  const edges: number[] = [];
  for (let width = edge; width < cap; width *= 2) if (width >= floor) edges.push(width);
  const room = Math.max(1, Math.floor((count - 3) / 2));
  if (edges.length <= room) return edges;
  return Array.from({ length: room }, (_, i) => {
    const at = room === 1 ? 0 : (i * (edges.length - 1)) / (room - 1);
    return edges[Math.round(at)] ?? edge;
  });
}

/** Geometric middles of the gaps between neighbours, of the widest gap (in octaves) first. */
function gapMiddles(levels: readonly number[]): readonly number[] {
  return levels
    .slice(1)
    .map((high, i) => ({ low: levels[i] ?? high, high }))
    .filter(({ low, high }) => high - low > 1)
    .sort((a, b) => b.high / b.low - a.high / a.low)
    .map(({ low, high }) => Math.sqrt(low * high));
}
