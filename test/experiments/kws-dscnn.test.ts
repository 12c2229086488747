import { expect, test } from "vitest";
import type { Finished } from "../../experiments/finished.ts";
import { kwsDscnn } from "../../experiments/kws-dscnn/kws-dscnn.ts";
import {
  armKey,
  armsOf,
  foldsOf,
  measuredKey,
  protocols,
  trainingKey,
} from "../../experiments/kws-dscnn/protocol.ts";

const finishedBy = (documents: ReadonlyMap<string, unknown>): Finished => ({
  result: (key, schema) => {
    const document = documents.get(key);
    return document === undefined ? undefined : schema.parse(document);
  },
});
const nothing = finishedBy(new Map());

test("every fold has a search of its own, which trains on the other speakers alone", () => {
  const arms = armsOf(protocols.full);

  expect(arms.filter(({ method }) => method === "splitting").map(foldsOf)).toEqual([
    [1],
    [2],
    [3],
    [4],
    [5],
  ]);
  const keys = kwsDscnn.tasks(nothing, "full").tasks.map(({ key }) => key);
  expect(keys).toEqual(["table-ds-cnn-m", ...arms.map(armKey)]);
});

test("the page says that nothing is known before anything is", () => {
  expect(kwsDscnn.page(nothing, "quick").answer).toEqual(["Nothing is trained and measured yet."]);
});

/** Accuracy falls by a point a fold and rises by ten with an e-fold of latency; searches find two points more, but one on fold 5. */
function allDone(): Finished {
  const documents = new Map<string, unknown>();
  const measured = armsOf(protocols.quick).map((arm) => {
    const latency_s = 1e-4 * arm.share;
    documents.set(armKey(arm), {
      method: arm.method,
      seed: arm.fold ?? 0,
      budget_s: latency_s,
      predicted_s: latency_s,
      widths: [64, 64, 64, 64, 64],
      epochs: 10,
      examples: 1000,
      ended: "as planned",
      verdicts: [],
    });
    for (const fold of foldsOf(arm)) {
      const found = arm.fold === undefined ? 0 : fold === 5 ? 0.01 : 0.02;
      const accuracy = 0.9 - 0.01 * fold + 0.1 * Math.log(arm.share) + found;
      const score = { loss: 0.3, accuracy, count: 978 };
      documents.set(trainingKey(arm, fold, 0), {
        seed: 0,
        epochs: 20,
        examples: 3500,
        trainedOn: "onnx-cpu, 1 thread",
        trainingLoss: 0.2,
        heldOut: score,
        test: score,
      });
    }
    return {
      label: armKey(arm),
      widths: [64, 64, 64, 64, 64],
      macs: 1,
      parameters: 1,
      predicted_s: latency_s,
      measured: { latency_s, low_s: latency_s, high_s: latency_s },
      loads: 3,
      flags: [],
    };
  });
  documents.set(measuredKey, measured);
  return finishedBy(documents);
}

test("found networks are held against uniform ones of their own fold, with the interval of five folds", () => {
  const [answer] = kwsDscnn.page(allDone(), "quick").answer;

  // Differences 2, 2, 2, 2 and 1 points: mean 1.8, standard deviation 0.447, t(4) = 2.776: half-width 0.56.
  expect(answer).toBe(
    "splitting, 5 folds: +1.80 points (1.24 to 2.36) against uniform (5 folds), +1.80 points (1.24 to 2.36) against uniform-on-stairs (5 folds), at its own measured latency; folds in which no uniform network takes as long are left out.",
  );
});
