import { expect, test } from "vitest";
import type { SearchHistory } from "../../search/index.ts";
import { epochsBehind } from "../../search/lineage.ts";

const round = (
  kind: string,
  kept: number | undefined,
  ...epochs: readonly (readonly [string, number])[]
) => ({
  kind,
  ...(kept === undefined ? {} : { kept }),
  candidates: epochs.map(([label, count]) => ({ label, epochs: count })),
});
const historyOf = (final: number) =>
  ({
    rounds: [
      round("seed", 0, ["seed", 4]),
      round("lookahead", 1, ["stay", 1], ["uniform", 1]),
      round("growth", 0, ["uniform", 2]),
      round("finalists", 0, ["found", 8], ["uniform", 8]),
      round("final", final, ["from scratch", 40], ["inherited weights", 10]),
    ],
  }) as unknown as SearchHistory;

test("weights from scratch went through the last training alone", () => {
  expect(epochsBehind(historyOf(0))).toBe(40);
});

test("inherited weights went through all that was kept on the way, comparisons from scratch aside", () => {
  expect(epochsBehind(historyOf(1))).toBe(4 + 1 + 2 + 10);
});
