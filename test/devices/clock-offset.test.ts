import fc from "fast-check";
import { expect, it } from "vitest";
import { measureOffset } from "../../devices/clock-offset.ts";

it("the offset of a device's clock is known within its bound, however trips are delayed", async () => {
  const delay_s = fc.double({ min: 1e-5, max: 1, noNaN: true });
  await fc.assert(
    fc.asyncProperty(
      fc.double({ min: -1e6, max: 1e6, noNaN: true }),
      fc.array(fc.tuple(delay_s, delay_s), { minLength: 20, maxLength: 20 }),
      async (true_s, trips) => {
        let now_s = 0;
        let trip = 0;
        const { offset_s, bound_s } = await measureOffset({ now_s: () => now_s }, async () => {
          const [there_s = 0, back_s = 0] = trips[trip++] ?? [];
          now_s += there_s;
          const answered_s = now_s + true_s;
          now_s += back_s;
          return answered_s;
        });

        expect(Math.abs(offset_s - true_s)).toBeLessThanOrEqual(bound_s + 1e-9);
        expect(bound_s).toBeCloseTo(Math.min(...trips.map(([a, b]) => (a + b) / 2)), 9);
      },
    ),
  );
});
