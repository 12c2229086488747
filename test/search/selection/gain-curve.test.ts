import fc from "fast-check";
import { expect, test } from "vitest";
import { gainCurve, type MenuEntry } from "../../../search/selection/gain-curve.ts";

test("with one neuron per split the curve sums the largest gains, then must take the others", () => {
  const menus = [0.5, -0.1, 0.9].map((gain) => [{ added: 1, gain }]);

  const { gains, chosen } = gainCurve(menus, 4);

  const rounded = [...gains].map((gain) => Math.round(1e9 * gain) / 1e9);
  expect(rounded).toEqual([0, 0.9, 1.4, 1.3, Number.NEGATIVE_INFINITY]);
  expect(chosen(2, menus).map((entry) => entry?.gain)).toEqual([0.5, undefined, 0.9]);
});

const entry = fc.record({
  added: fc.integer({ min: 1, max: 3 }),
  gain: fc.double({ min: -1, max: 1, noNaN: true }),
});

test("menus of one to three copies give the best total that brute force finds, and the choice behind it", () => {
  fc.assert(
    fc.property(fc.array(fc.array(entry, { maxLength: 3 }), { maxLength: 5 }), (menus) => {
      const most = 7;

      const { gains, chosen } = gainCurve(menus, most);

      const best = allTotals(menus);
      for (let added = 0; added <= most; added++) {
        const expected = best.get(added) ?? Number.NEGATIVE_INFINITY;
        expect(gains[added]).toBeCloseTo(expected, 12);
        if (expected === Number.NEGATIVE_INFINITY) continue;
        const picked = chosen(added, menus).flatMap((one) => one ?? []);
        expect(picked.reduce((sum, one) => sum + one.added, 0)).toBe(added);
        expect(picked.reduce((sum, one) => sum + one.gain, 0)).toBeCloseTo(expected, 12);
      }
    }),
    { numRuns: 100, seed: 1 },
  );
});

/** Greatest gain by neurons added, over every combination. */
function allTotals(menus: readonly (readonly MenuEntry[])[]): ReadonlyMap<number, number> {
  let totals = new Map([[0, 0]]);
  for (const menu of menus) {
    const next = new Map(totals);
    for (const [total, sum] of totals)
      for (const { added, gain } of menu) {
        const known = next.get(total + added) ?? Number.NEGATIVE_INFINITY;
        next.set(total + added, Math.max(known, sum + gain));
      }
    totals = next;
  }
  return totals;
}
