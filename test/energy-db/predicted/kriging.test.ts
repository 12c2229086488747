import fc from "fast-check";
import { expect, test } from "vitest";
import { kriged } from "../../../energy-db/predicted/kriging.ts";

const rule = { spread: 1, lengths: [2, 1] };

test("at a place seen exactly its value is expected, far from all of them 0", () => {
  const seen = [
    { place: [0, 0], value: 0.5, sd: 0 },
    { place: [1, 0], value: -0.3, sd: 0 },
  ];

  expect(kriged([1, 0], seen, rule)?.value).toBeCloseTo(-0.3, 9);
  expect(kriged([1, 0], seen, rule)?.sd).toBeCloseTo(0, 6);
  expect(kriged([100, 0], seen, rule)?.value).toBeCloseTo(0, 9);
  expect(kriged([100, 0], seen, rule)?.sd).toBeCloseTo(1, 9);
  expect(kriged([0, 0], [], rule)).toBe(undefined);
});

test("between two places seen alike their value is expected, less where they are uncertain", () => {
  fc.assert(
    fc.property(fc.double({ min: 0.01, max: 2, noNaN: true }), (sd) => {
      const seen = [0, 1].map((at) => ({ place: [at, 0], value: 0.4, sd }));
      const value = kriged([0.5, 0], seen, rule)?.value ?? 0;

      expect(value).toBeGreaterThan(0);
      expect(value).toBeLessThan(0.4);
    }),
  );
});
