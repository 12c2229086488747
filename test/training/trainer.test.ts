import { afterAll, beforeAll, expect, test } from "vitest";
import { loadDataset } from "../../src/datasets/index.ts";
import { initialWeights } from "../../src/network/initial-weights.ts";
import { seededRandom } from "../../src/random.ts";
import { createEngine, type Engine } from "../../src/tensor/index.ts";
import { kfac, type Optimizer, sgd } from "../../src/training/optimizers.ts";
import { cosineSchedule, stepSchedule } from "../../src/training/schedule.ts";
import { Trainer } from "../../src/training/trainer.ts";
import { freshState, type TrainingState } from "../../src/training/training-state.ts";
import { smallNetwork } from "../support/formula-table.ts";

let engine: Engine;
beforeAll(async () => {
  engine = await createEngine({ backend: "onnx-cpu", threads: 1 });
});
afterAll(() => engine.close());

const network = smallNetwork(4, 8);
const optimizers: readonly [string, Optimizer][] = [
  ["SGD", sgd({ nesterov: true })],
  ["K-FAC", kfac()],
];

/** Goes on from `start`, or from fresh weights, to the end of epoch `to` of 4. */
async function trained(optimizer: Optimizer, to: number, start?: TrainingState) {
  const { train, test: testSplit } = await loadDataset("synthetic");
  const trainer = new Trainer(engine, network, optimizer);
  let state = start ?? freshState(network, initialWeights(network, seededRandom(0)), optimizer);
  const stepsOfEpoch = Math.floor(train.count / 32);
  for (let epoch = state.steps / stepsOfEpoch; epoch < to; epoch++)
    ({ state } = await trainer.epoch(state, {
      split: train,
      batch: 32,
      schedule: cosineSchedule(0.1),
      span: [epoch / 4, (epoch + 1) / 4],
      random: seededRandom(epoch),
    }));
  const score = await trainer.evaluate(state.weights, testSplit, 150);
  await trainer.release();
  return { state, score };
}

test.each(optimizers)("training by %s learns the synthetic classes", async (_, optimizer) => {
  const { score } = await trained(optimizer, 4);

  expect(score.accuracy).toBeGreaterThan(0.9);
  expect(score.count).toBe(400);
});

test.each(optimizers)("the same seed gives the same weights by %s", async (_, optimizer) => {
  expect((await trained(optimizer, 1)).state.weights).toEqual(
    (await trained(optimizer, 1)).state.weights,
  );
});

test.each(optimizers)(
  "a training by %s gone on with after an epoch ends as one in one go",
  async (_, optimizer) => {
    const half = await trained(optimizer, 1);
    const resumed = await trained(optimizer, 2, half.state);

    expect(resumed.state).toEqual((await trained(optimizer, 2)).state);
  },
);

test("the schedule warms up, peaks and ends at zero", () => {
  const schedule = cosineSchedule(0.1, { warmUp: 0.1 });

  expect(schedule(0)).toBeLessThan(0.002);
  expect(schedule(0.1)).toBeCloseTo(0.1, 5);
  expect(schedule(1)).toBeCloseTo(0, 8);
});

test("the stepped schedule falls to a tenth at half and again at three quarters", () => {
  const schedule = stepSchedule(0.1, { warmUp: 0 });

  expect([0, 0.49, 0.5, 0.74, 0.75, 1].map(schedule)).toEqual([
    0.1,
    0.1,
    0.1 / 10,
    0.1 / 10,
    0.1 / 100,
    0.1 / 100,
  ]);
});
