import { expect, test } from "vitest";
import { uniformOnStairs } from "../../../search/growth/anchor.ts";
import { confirmed } from "../../../search/growth/confirm.ts";
import { startingNote } from "../../../search/growth/growth-note.ts";
import { firstShapes, trialRounds } from "../../../search/growth/trials.ts";
import { findMethod, type SearchContext, type SearchPoint } from "../../../search/index.ts";
import { packedMobilenet } from "../packed-mobilenet.ts";
import { seedNetwork, tinyRecipe } from "../small-search.ts";

// Between two rounds nothing is trained: neither engine nor images are read.
const context = {
  ...packedMobilenet,
  network: packedMobilenet.reference,
  recipe: { ...tinyRecipe, trials: 14 },
  seed: 3,
} as unknown as SearchContext;

const offered = ["a", "b", "c"].map((label) => ({ label, network: seedNetwork }));
/** Shares of the budget taken, each known to 2 %. */
const saying = (shares: readonly number[]) => ({
  confirm: () =>
    Promise.resolve(
      shares.map((ofBudget, i) => ({
        ofBudget,
        ofBudgetAtMost: 1.02 * ofBudget,
        words: `${10 + i} µs`,
      })),
    ),
});
const labels = (networks: readonly { readonly label: string }[]) =>
  networks.map(({ label }) => label);

test("networks that may miss the budget on the device are dropped by name", async () => {
  const { networks, verdict } = await confirmed(offered, saying([0.97, 1.1, 0.99]));

  expect(labels(networks)).toEqual(["a"]);
  expect(verdict).toBe(
    "within the budget when measured: a 10 µs; too dear when measured: b 11 µs, c 12 µs",
  );
});

test("where none surely meets it those that may stay, and the history says so", async () => {
  const { networks, verdict } = await confirmed(offered, saying([1.1, 0.99, 0.995]));

  expect(labels(networks)).toEqual(["b", "c"]);
  expect(verdict).toMatch(/^no finalist surely meets the budget when measured: a 10 µs, b/);
});

test("where none meets it the one that misses it least stays", async () => {
  const { networks, verdict } = await confirmed(offered, saying([1.1, 1.01, 1.2]));

  expect(labels(networks)).toEqual(["b"]);
  expect(verdict).toMatch(/^no finalist meets the budget when measured: a 10 µs, b/);
});

test("what was measured is said where all meet it too; nothing where nobody can measure", async () => {
  expect(await confirmed(offered, saying([0.9, 0.9, 0.9]))).toEqual({
    networks: offered,
    verdict: "within the budget when measured: a 10 µs, b 11 µs, c 12 µs",
  });
  expect(await confirmed(offered, {})).toEqual({ networks: offered });
});

test("trials that the device finds too dear are not among the finalists; the next best take their places", async () => {
  const shapes = firstShapes(uniformOnStairs(context), context).slice(0, 6);
  const move = await findMethod("splitting").next(
    {
      round: 9,
      trained: shapes.map((shape, i) => ({ ...shape, validation: { loss: 1 + i } })),
      memory: {
        note: { ...startingNote, phase: "trials", trialRound: trialRounds - 1 },
        arrays: new Map(),
      },
    } as unknown as SearchPoint,
    { ...context, ...saying([1.1, 0.9, 1.1, 0.9, 0.9, 0.9, 0.9, 0.9]) },
  );

  if (!("candidates" in move)) throw new Error("The move trains nothing");
  const [, second, , fourth, fifth] = labels(shapes);
  expect(labels(move.candidates).slice(0, 3)).toEqual([second, fourth, fifth]);
  expect(move.verdict).toMatch(
    new RegExp(`too dear when measured: ${shapes[0]?.label} 10 µs, ${shapes[2]?.label} 12 µs`),
  );
});
