import fc from "fast-check";
import { expect, test } from "vitest";
import { axisUnit } from "../../src/figures/axis-unit.ts";

test.each([
  [[2.5, 0.1], "s", "s"],
  [[1.2e-3, 4e-4], "s", "ms"],
  [[9.99e-4], "s", "µs"],
  [[3e-9], "J", "nJ"],
  [[], "J", "J"],
] as const)("values %j are shown in %s as %s", (values, unit, symbol) => {
  expect(axisUnit(values, unit).symbol).toBe(symbol);
});

test("between a nanosecond and a kilosecond the greatest value shows as 1 to 1000", () => {
  fc.assert(
    fc.property(fc.double({ min: 1e-9, max: 999, noNaN: true }), (value) => {
      const shown = value / axisUnit([value, value / 7], "s").factor;
      expect(shown).toBeGreaterThanOrEqual(1);
      expect(shown).toBeLessThan(1000.001);
    }),
  );
});
