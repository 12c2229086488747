import { expect, test } from "vitest";
import { budgetMargin } from "../../../src/app/workflows/budget-margin.ts";

const table = (p90Error?: number) => ({
  summary: {
    space: "small",
    designNetworks: 40,
    heldOutNetworks: p90Error === undefined ? 0 : 15,
    ...(p90Error === undefined ? {} : { p90Error }),
  },
});

test("a good table's own error is the margin, 2 % at least, without a word", () => {
  expect(budgetMargin(table(0.061))).toEqual({ margin: 0.061 });
  expect(budgetMargin(table(0.004))).toEqual({ margin: 0.02 });
});

test("an error above 10 % is kept whole and said", () => {
  const { margin, warning } = budgetMargin(table(0.17));

  expect(margin).toBe(0.17);
  expect(warning).toContain("off by more than 17 %");
});

test("an error above 25 % is refused with a way on", () => {
  expect(() => budgetMargin(table(0.31))).toThrowError(
    expect.objectContaining({ exit: "unreliable", hint: expect.stringContaining("--margin") }),
  );
});

test("an unknown error is said to be unknown", () => {
  expect(budgetMargin(table()).margin).toBe(0.1);
  expect(budgetMargin(table()).warning).toContain("not known");
});
