import { expect, test } from "vitest";
import { limitsAt, roomOf, shareBetween } from "../../../search/growth/limits.ts";
import { packedMobilenet } from "../packed-mobilenet.ts";

const room = { floor: { latency_s: 40e-6, macs: 100 }, budget: { latency_s: 100e-6, macs: 1100 } };

test("limits go from the narrowest network's costs to the budget", () => {
  expect(limitsAt(0, room)).toEqual({ latency_s: 40e-6, macs: 100 });
  expect(limitsAt(1, room)).toEqual(room.budget);
  expect(limitsAt(0.5, room).latency_s).toBeCloseTo(70e-6, 12);
  expect(limitsAt(1.1, room).macs).toBeCloseTo(1200, 9);
});

test("what was spent counts where it took the largest share of the room", () => {
  const before = { latency_s: 50e-6, macs: 200 };

  expect(shareBetween(before, { latency_s: 56e-6, macs: 700 }, room)).toBeCloseTo(0.5, 9);
  expect(shareBetween(before, { latency_s: 45e-6, macs: 200 }, room)).toBe(0);
});

test("the room begins at the narrowest network on the stairs, calls and kernels included", () => {
  const { floor } = roomOf(packedMobilenet);

  // 20 µs a call, and 27 kernels and the classifier at about a microsecond each.
  expect(floor.latency_s).toBeGreaterThan(45e-6);
  expect(floor.latency_s).toBeLessThan(55e-6);
});

test("a budget below the narrowest network is refused with both numbers", () => {
  expect(() => roomOf({ ...packedMobilenet, budget: { latency_s: 10e-6 } })).toThrowError(
    expect.objectContaining({ exit: "budget", message: expect.stringMatching(/10 µs given/) }),
  );
});
