import { type Kernel, kernelFamily } from "../../src/network/kernel.ts";
import type { CostTable } from "../answers/cost-table.ts";
import { type Axis, axesOf, hasOneAxis, widthAlong, withWidth } from "../fit/plane.ts";
import { alignmentOf, asked } from "./aligned-tables.ts";

/** Kernels that differ in widths only, as one space of a table knows them. */
export interface KnownFamily {
  readonly key: string;
  readonly example: Kernel;
  /** Smallest and largest widths measured. */
  readonly ranges: Ranges;
  /** s; undefined outside what was measured. */
  time_s(kernel: Kernel): number | undefined;
}

interface Ranges {
  readonly in: readonly [number, number];
  readonly out: readonly [number, number];
}

/** Every space's families of a platform. */
export function knownFamilies(tables: readonly CostTable[]): readonly KnownFamily[] {
  const alignment = alignmentOf(tables);
  return tables.flatMap((costs) =>
    costs.families().flatMap((example): readonly KnownFamily[] => {
      const ranges = costs.ranges(example);
      return ranges
        ? [
            {
              key: kernelFamily(example),
              example,
              ranges,
              time_s: (kernel) => asked(costs, kernel, alignment)?.latency_s,
            },
          ]
        : [];
    }),
  );
}

/** Runtimes pack channels by multiples of this or of a divisor of it. */
const block = 16;
/** Widths of a family that it is described by, along each axis. */
const places = 3;

/** Kernels of a family, spread over its widths by logarithms, in whole blocks where it has any. */
export function spreadOver({ example, ranges }: KnownFamily): readonly Kernel[] {
  const inputs = spreadWidths(ranges.in).map((width) => withWidth(example, "in", width));
  return hasOneAxis(example)
    ? inputs
    : inputs.flatMap((kernel) =>
        spreadWidths(ranges.out).map((width) => withWidth(kernel, "out", width)),
      );
}

function spreadWidths([low, high]: readonly [number, number]): readonly number[] {
  const widths = Array.from({ length: places }, (_, i) =>
    packedWithin(low * (high / low) ** (i / (places - 1)), [low, high]),
  );
  return [...new Set(widths)];
}

/** The multiple of a block nearest to a width and within a range; the nearest end where the range has none. */
function packedWithin(width: number, [low, high]: readonly [number, number]): number {
  const nearest = block * Math.max(1, Math.round(width / block));
  const inside = [nearest, nearest - block, nearest + block].find(
    (candidate) => candidate >= low && candidate <= high,
  );
  return inside ?? Math.min(high, Math.max(low, Math.round(width)));
}

/** How far a kernel's widths are from those that a family knows, in logarithms; 0 where it knows them. */
export const widthDistance = (family: KnownFamily, kernel: Kernel): number =>
  axesOf(family.example).reduce((sum, axis) => {
    const width = widthAlong(kernel, axis);
    return sum + Math.abs(Math.log(width / knownWidth(family, axis, width)));
  }, 0);

/** The kernel of a family whose widths are nearest to those of another's. */
export const nearestOf = (family: KnownFamily, kernel: Kernel): Kernel =>
  axesOf(family.example).reduce(
    (nearest, axis) => withWidth(nearest, axis, knownWidth(family, axis, widthAlong(kernel, axis))),
    family.example,
  );

function knownWidth({ ranges }: KnownFamily, axis: Axis, width: number): number {
  const [low, high] = ranges[axis];
  return width >= low && width <= high ? width : packedWithin(width, [low, high]);
}
