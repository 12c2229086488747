import { afterAll, beforeAll, expect, test } from "vitest";
import { loadDataset } from "../../src/datasets/index.ts";
import { initialWeights } from "../../src/network/initial-weights.ts";
import { seededRandom } from "../../src/random.ts";
import { createEngine, type Engine } from "../../src/tensor/index.ts";
import { sgd } from "../../src/training/optimizers.ts";
import { cosineSchedule } from "../../src/training/schedule.ts";
import { freshState, Trainer } from "../../src/training/trainer.ts";
import { smallNetwork } from "../support/formula-table.ts";

let engine: Engine;
beforeAll(async () => {
  engine = await createEngine({ backend: "onnx-cpu", threads: 1 });
});
afterAll(() => engine.close());

const network = smallNetwork(4, 8);
const optimizer = sgd({ nesterov: true });

async function trained(epochs: number) {
  const { train, test: testSplit } = await loadDataset("synthetic");
  const trainer = new Trainer(engine, network, optimizer);
  let state = freshState(network, initialWeights(network, seededRandom(0)), optimizer);
  for (let epoch = 0; epoch < epochs; epoch++)
    ({ state } = await trainer.epoch(state, {
      split: train,
      batch: 32,
      schedule: cosineSchedule(0.1),
      span: [epoch / epochs, (epoch + 1) / epochs],
      random: seededRandom(epoch),
    }));
  const score = await trainer.evaluate(state.weights, testSplit, 150);
  await trainer.release();
  return { state, score };
}

test("training learns the synthetic classes", async () => {
  const { score } = await trained(4);

  expect(score.accuracy).toBeGreaterThan(0.9);
  expect(score.count).toBe(400);
});

test("the same seed gives the same weights", async () => {
  expect((await trained(1)).state.weights).toEqual((await trained(1)).state.weights);
});

test("the schedule warms up, peaks and ends at zero", () => {
  const schedule = cosineSchedule(0.1, { warmUp: 0.1 });

  expect(schedule(0)).toBeLessThan(0.002);
  expect(schedule(0.1)).toBeCloseTo(0.1, 5);
  expect(schedule(1)).toBeCloseTo(0, 8);
});
