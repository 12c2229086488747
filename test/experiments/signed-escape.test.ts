import { expect, test } from "vitest";
import { grown } from "../../experiments/signed-escape/signed-escape.ts";

const start = { w: 1, a: -1.2, b: 3 };
const lossOf = (way: "positive" | "signed"): number =>
  grown(start, way, 3).path.at(-1)?.loss ?? Number.NaN;

test("with a third neuron a signed menu halves the loss that positive splits end at", () => {
  // The minimum of one neuron is that of the reference experiment, 0.134268; its mirror image has the same.
  expect(grown(start, "positive", 1).path[0]?.loss).toBeCloseTo(0.134267749670926, 9);
  expect(lossOf("positive")).toBeGreaterThan(0.12);
  expect(lossOf("signed")).toBeLessThan(0.065);
});
