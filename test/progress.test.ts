import { describe, expect, it } from "vitest";
import { progressOf } from "../src/progress.ts";

describe("the progress of a long task", () => {
  it("estimates that what remains goes on at the rate so far", () => {
    expect(progressOf("conv1", { done: 3, total: 12, elapsed_s: 6 }).remaining_s).toBe(18);
  });

  it("estimates nothing before anything is done", () => {
    expect(progressOf("conv1", { done: 0, total: 12, elapsed_s: 6 })).not.toHaveProperty(
      "remaining_s",
    );
  });

  it("has nothing left when more was done than planned", () => {
    expect(progressOf("conv1", { done: 13, total: 12, elapsed_s: 6 }).remaining_s).toBe(0);
  });
});
