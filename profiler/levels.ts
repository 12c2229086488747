/** Vector and tile widths are powers of two: where a staircase has an edge, it has one at multiples of this. */
const tile = 16;

export interface WidthRange {
  readonly floor: number;
  readonly cap: number;
  /** Widths between are multiples of this. */
  readonly grid: number;
}

/**
 * The widths to measure along one axis, ascending, at most `count` (and never more than there are): both ends,
 * so that nothing inside is extrapolated; a pair across the lowest possible step edge (16, 17), at or above the
 * floor, and one at the cap, which show a riser and a tread with two points each; then the widest gaps halved, by turns with whole tiles, quarter tiles and odd widths: runtimes treat the three differently.
 */
export function widthLevels(range: WidthRange, count: number): readonly number[] {
  const { floor, cap, grid } = range;
  const levels = new Set([floor, cap]);
  const add = (width: number): boolean => {
    if (levels.size >= count || width <= floor || width >= cap || levels.has(width)) return false;
    levels.add(width);
    return true;
  };
  const edge = onGrid(Math.max(tile, floor), grid);
  add(edge);
  add(edge + grid);
  add(onGrid(cap - 1, grid) === cap ? cap - grid : onGrid(cap - 1, grid));
  for (let turn = 0; turn < 4 * count && levels.size < count; turn++) {
    const spacing = spacings[turn % spacings.length] ?? 1;
    // Below a tile there are no quarters of one.
    const gaps = gapsOf([...levels].sort((a, b) => a - b)).filter(
      ({ low }) => spacing !== tile / 4 || low >= tile,
    );
    gaps.some((gap) => add(middleOf(gap, spacing, grid))) ||
      gaps.some((gap) => add(middleOf(gap, 1, grid)));
  }
  return [...levels].sort((a, b) => a - b);
}

const spacings = [tile, tile / 4, 1];

interface Gap {
  readonly low: number;
  readonly high: number;
}

/**
 * Gaps between neighbours, the widest first, by the square roots of widths: octaves would crowd at narrow
 * widths, which cost little, and channels at wide ones.
 */
const gapsOf = (levels: readonly number[]): readonly Gap[] =>
  levels
    .slice(1)
    .map((high, i) => ({ low: levels[i] ?? high, high }))
    .sort((a, b) => lengthOf(b) - lengthOf(a));

const lengthOf = ({ low, high }: Gap): number => Math.sqrt(high) - Math.sqrt(low);

/** The middle of the gap, on a multiple of `spacing` if one is inside, odd for 1. */
function middleOf({ low, high }: Gap, spacing: number, grid: number): number {
  const middle = ((Math.sqrt(low) + Math.sqrt(high)) / 2) ** 2;
  const step = Math.max(spacing, grid);
  const snapped = Math.round(middle / step) * step;
  const inside = snapped > low && snapped < high ? snapped : onGrid(middle, grid);
  const isEven = inside % 2 === 0;
  return spacing === 1 && grid === 1 && isEven && inside + 1 < high ? inside + 1 : inside;
}

const onGrid = (width: number, grid: number): number =>
  Math.max(grid, Math.round(width / grid) * grid);
