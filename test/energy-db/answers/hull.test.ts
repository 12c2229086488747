import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { convexHull, isInside } from "../../../energy-db/answers/hull.ts";

const place = fc.record({
  x: fc.integer({ min: 1, max: 40 }),
  y: fc.integer({ min: 1, max: 40 }),
});

describe("the hull of measured widths", () => {
  test("holds every measured place and every point between two of them, nothing beyond their box", () => {
    fc.assert(
      fc.property(fc.array(place, { minLength: 1, maxLength: 20 }), place, (points, other) => {
        const hull = convexHull(points);
        const doubled = convexHull(points.map(({ x, y }) => ({ x: 2 * x, y: 2 * y })));
        const xs = points.map(({ x }) => x);

        expect(points.every((point) => isInside(hull, point))).toBe(true);
        for (const a of points)
          for (const b of points)
            expect(isInside(doubled, { x: a.x + b.x, y: a.y + b.y })).toBe(true);
        if (other.x < Math.min(...xs) || other.x > Math.max(...xs))
          expect(isInside(hull, other)).toBe(false);
      }),
      { seed: 5, numRuns: 100 },
    );
  });

  test("of a diagonal is the diagonal", () => {
    const hull = convexHull([8, 16, 64].map((width) => ({ x: width, y: width })));

    expect(isInside(hull, { x: 32, y: 32 })).toBe(true);
    expect(isInside(hull, { x: 32, y: 33 })).toBe(false);
    expect(isInside(hull, { x: 65, y: 65 })).toBe(false);
  });

  test("of one place is that place", () => {
    const hull = convexHull([{ x: 3, y: 16 }]);

    expect(isInside(hull, { x: 3, y: 16 })).toBe(true);
    expect(isInside(hull, { x: 3, y: 17 })).toBe(false);
  });
});
