import { expect, test } from "vitest";
import { outcomeText } from "../../../src/app/workflows/profile-run.ts";

const outcome = {
  platformId: 1,
  sessionId: 1,
  measured: 0,
  skipped: 63,
  present: 189,
  stoppedBy: "done" as const,
  flags: {},
  invalidEnergy: [],
};

test("a profile that found all in the table says how many loads, and of how many networks", () => {
  expect(outcomeText(outcome)).toContain(
    "0 loads of networks measured; 189 were in the table, all of 63 networks",
  );
});

test("a profile into an empty table speaks of no earlier loads", () => {
  expect(outcomeText({ ...outcome, measured: 12, skipped: 0, present: 0 })).toMatch(
    /^12 loads of networks measured \(done\)/,
  );
});
