import { expect, test } from "vitest";
import { roomText } from "../../experiments/headroom/page.ts";

const estimate = (value: number, half: number) => ({
  value,
  low: value - half,
  high: value + half,
});

test("room is said to be there only where no interval of its difference from a control contains 0", () => {
  expect(roomText([estimate(0.05, 0.01), estimate(0.015, 0.01)])).toBe("There is room. ");
  expect(roomText([estimate(0.05, 0.01), estimate(0.015, 0.02)])).toContain("not shown");
});

test("a lead of less than half a point over either control is no room", () => {
  expect(roomText([estimate(0.05, 0.01), estimate(0.004, 0.001)])).toContain("no room");
});
