import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { findMonotone, type Grid, madeMonotone } from "../../../energy-db/answers/monotone.ts";

const grids = fc
  .record({
    width: fc.integer({ min: 1, max: 6 }),
    height: fc.integer({ min: 1, max: 6 }),
    values: fc.array(fc.double({ min: 0.1, max: 10, noNaN: true }), {
      minLength: 36,
      maxLength: 36,
    }),
    mask: fc.array(fc.boolean(), { minLength: 36, maxLength: 36 }),
  })
  .map(({ width, height, values, mask }): Grid => {
    const size = width * height;
    const numbers = (count: number) => Array.from({ length: count }, (_, i) => i + 1);
    // Measured nodes grow with their place, so they never contradict each other.
    const cost = (at: number) =>
      mask[at] ? 1 + Math.floor(at / height) + (at % height) : (values[at] ?? 1);
    return {
      xs: numbers(width),
      ys: numbers(height),
      costs_s: Float64Array.from({ length: size }, (_, at) => cost(at)),
      measured: Uint8Array.from({ length: size }, (_, at) => (mask[at] ? 1 : 0)),
    };
  });

describe("madeMonotone", () => {
  test("makes any grid grow along both axes and leaves growing measurements alone", () => {
    fc.assert(
      fc.property(grids, (grid) => {
        const made = madeMonotone(grid, { x: true, y: true });

        const rows = grid.ys.length;
        const falls = [...made.costs_s].filter(
          (cost, at) =>
            (at >= rows && cost < (made.costs_s[at - rows] ?? 0)) ||
            (at % rows > 0 && cost < (made.costs_s[at - 1] ?? 0)),
        );
        const moved = [...made.costs_s].filter(
          (cost, at) => grid.measured[at] && cost !== grid.costs_s[at],
        );
        expect({ falls, moved }).toEqual({ falls: [], moved: [] });
      }),
      { seed: 11, numRuns: 200 },
    );
  });

  test("leaves a grid alone where no axis is monotone", () => {
    const grid = {
      xs: [1, 2],
      ys: [1, 2],
      costs_s: Float64Array.of(4, 1, 3, 2),
      measured: Uint8Array.of(1, 0, 0, 1),
    };

    expect(madeMonotone(grid, { x: false, y: false }).costs_s).toEqual(grid.costs_s);
  });
});

describe("findMonotone", () => {
  const point = (x: number, y: number, cost_s: number) => ({
    x,
    y,
    ragged: 0,
    cost_s,
    relativeHalfWidth: 0.01,
  });

  test("takes growth for granted while falls stay within the intervals", () => {
    const points = [point(8, 8, 1), point(16, 8, 0.995), point(24, 8, 2)];

    expect(findMonotone(points)).toEqual({ x: true, y: true });
  });

  test("does not where a wider layer is cheaper, and only along that axis", () => {
    // 14x14, 512 -> 24 and 32 channels on a phone GPU: 0.201 and 0.141 mJ (SEC'23 energy set).
    const points = [point(512, 24, 0.201), point(512, 32, 0.141), point(600, 24, 0.24)];

    expect(findMonotone(points)).toEqual({ x: true, y: false });
  });
});
