import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { widthLevels } from "../../profiler/levels.ts";

const ranges = fc
  .record({
    floor: fc.integer({ min: 1, max: 64 }),
    span: fc.integer({ min: 0, max: 1500 }),
    grid: fc.constantFrom(1, 2, 4, 8),
    count: fc.integer({ min: 2, max: 12 }),
  })
  .map(({ floor, span, ...rest }) => ({ floor, cap: floor + span, ...rest }));

describe("the widths measured along an axis", () => {
  it("start at the floor, end at the cap, grow and are not more than asked for", () => {
    fc.assert(
      fc.property(ranges, ({ count, ...range }) => {
        const levels = widthLevels(range, count);

        expect(levels[0]).toBe(range.floor);
        expect(levels[levels.length - 1]).toBe(range.cap);
        expect(levels.length).toBeLessThanOrEqual(count);
        expect([...levels].sort((a, b) => a - b)).toEqual([...new Set(levels)]);
      }),
    );
  });

  it("lie on the grid between the ends", () => {
    fc.assert(
      fc.property(ranges, ({ count, ...range }) => {
        const inner = widthLevels(range, count).slice(1, -1);

        expect(inner.filter((width) => width % range.grid !== 0)).toEqual([]);
      }),
    );
  });

  it("stand on both sides of the lowest possible step edge and at the cap", () => {
    const levels = widthLevels({ floor: 4, cap: 64, grid: 1 }, 8);

    expect(levels).toEqual(expect.arrayContaining([16, 17, 63, 64]));
  });

  it("hold whole tiles, quarter tiles and odd widths", () => {
    const wide = widthLevels({ floor: 8, cap: 160, grid: 1 }, 8).filter((width) => width > 16);

    expect(wide.filter((width) => width % 16 === 0).length).toBeGreaterThan(1);
    expect(wide.filter((width) => width % 16 !== 0 && width % 4 === 0).length).toBeGreaterThan(0);
    expect(wide.filter((width) => width % 2 === 1).length).toBeGreaterThan(1);
  });

  it("are all widths where there are no more", () => {
    expect(widthLevels({ floor: 4, cap: 8, grid: 1 }, 8)).toEqual([4, 5, 6, 7, 8]);
  });
});
