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
const saying = (meets: readonly boolean[]) => ({
  confirm: () =>
    Promise.resolve(meets.map((meetsBudget, i) => ({ meetsBudget, words: `${10 + i} µs` }))),
});
const labels = (networks: readonly { readonly label: string }[]) =>
  networks.map(({ label }) => label);

test("networks that miss the budget on the device are dropped by name", async () => {
  const { networks, verdict } = await confirmed(offered, saying([true, false, true]));

  expect(labels(networks)).toEqual(["a", "c"]);
  expect(verdict).toBe("too dear when measured: b 11 µs");
});

test("where none meets it all stay, and the history says so", async () => {
  const { networks, verdict } = await confirmed(offered, saying([false, false, false]));

  expect(networks).toHaveLength(3);
  expect(verdict).toMatch(/^no finalist meets the budget when measured: a 10 µs, b/);
});

test("nothing is said where all meet it, or where nobody can measure", async () => {
  expect(await confirmed(offered, saying([true, true, true]))).toEqual({ networks: offered });
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
    { ...context, ...saying([false, true, false, true, true, true, true, true]) },
  );

  if (!("candidates" in move)) throw new Error("The move trains nothing");
  const [, second, , fourth, fifth] = labels(shapes);
  expect(labels(move.candidates).slice(0, 3)).toEqual([second, fourth, fifth]);
  expect(move.verdict).toMatch(
    new RegExp(`too dear when measured: ${shapes[0]?.label} 10 µs, ${shapes[2]?.label} 12 µs`),
  );
});
