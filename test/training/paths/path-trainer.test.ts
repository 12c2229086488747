import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadDataset, pick, type Split } from "../../../src/datasets/index.ts";
import { UserError } from "../../../src/errors.ts";
import {
  type OperatorSpace,
  type Path,
  pathNetwork,
  uniformPath,
} from "../../../src/network/blocks/operator-space.ts";
import { findOperator } from "../../../src/network/blocks/pool.ts";
import { initialWeights } from "../../../src/network/initial-weights.ts";
import type { Weights } from "../../../src/network/parameters.ts";
import { conv, head } from "../../../src/network/presets/building.ts";
import { seededRandom } from "../../../src/random.ts";
import { createEngine, type Engine } from "../../../src/tensor/index.ts";
import { kfac, type Optimizer, sgd } from "../../../src/training/optimizers.ts";
import { partStarts } from "../../../src/training/paths/path-parts.ts";
import { PathTrainer } from "../../../src/training/paths/path-trainer.ts";
import { cosineSchedule } from "../../../src/training/schedule.ts";
import { Trainer } from "../../../src/training/trainer.ts";
import { freshState } from "../../../src/training/training-state.ts";

const space: OperatorSpace = {
  name: "small",
  input: { height: 8, width: 8, channels: 1 },
  stem: [conv("stem", 4, { stride: 2 })],
  blocks: [
    { name: "block1", width: 4, stride: 1 },
    { name: "block2", width: 6, stride: 2 },
  ],
  tail: head(4),
  operators: ["sep_k3", "mb_e3_k3_se", "choice_k3"].map(findOperator),
  perBlock: 3,
  earlyBlocks: 1,
};
const optimizer = sgd({ nesterov: true, weightDecay: 1e-3 });
const mixedPath: Path = ["mb_e3_k3_se", "sep_k3"];

let engine: Engine;
let train: Split;
let testSplit: Split;
beforeAll(async () => {
  engine = await createEngine({ backend: "onnx-cpu", threads: 1 });
  ({ train, test: testSplit } = await loadDataset("synthetic"));
});
afterAll(() => engine.close());

/** Weights of every operator of every block. */
const allWeights = (): Weights =>
  new Map(
    space.operators.flatMap(({ name }, i) => [
      ...initialWeights(pathNetwork(space, uniformPath(space, name)), seededRandom(i)),
    ]),
  );

const fresh = (weights: Weights) => {
  const states = space.operators.map(({ name }) => {
    const network = pathNetwork(space, uniformPath(space, name));
    return freshState(network, weights, optimizer);
  });
  return { weights, slots: new Map(states.flatMap(({ slots }) => [...slots])), steps: 0 };
};

const epochOptions = () => ({
  split: train,
  batch: 32,
  schedule: cosineSchedule(0.1),
  span: [0, 1] as const,
  random: seededRandom(7),
});

const trainPaths = async (
  draw: () => Path,
  {
    on = engine,
    choices,
    split = train,
  }: { readonly on?: Engine; readonly choices?: readonly number[]; readonly split?: Split } = {},
) => {
  const trainer = new PathTrainer(on, space, optimizer, {
    labelSmoothing: 0.1,
    ...(choices ? { choices } : {}),
  });
  try {
    return await trainer.epoch(fresh(allWeights()), { ...epochOptions(), split, drawPath: draw });
  } finally {
    await trainer.release();
  }
};

/** Largest difference of any weight, relative to the largest weight of its array. */
function worstMiss(found: Weights, expected: Weights): number {
  const misses = [...expected].map(([name, array]) => {
    const scale = Math.max(...array.map(Math.abs), 1e-3);
    return (
      Math.max(...array.map((value, i) => Math.abs(value - (found.get(name)?.[i] ?? Number.NaN)))) /
      scale
    );
  });
  return Math.max(...misses);
}

test.each([
  // Two blocks of three operators are nine combinations, the third makes 27.
  [
    [1, 3, 3, 3, 3, 3, 3, 1],
    [0, 3, 5],
  ],
  // Blocks that keep one operator cost no programs.
  [
    [1, 1, 1, 1, 3, 3, 3, 1],
    [0, 5],
  ],
  [
    [1, 3, 3, 3, 1, 1, 1, 1],
    [0, 2],
  ],
  [
    [1, 40, 1, 40, 1],
    [0, 2],
  ],
  [[1, 2, 2, 1], [0]],
])("parts are as long as few programs allow, the last one above all: %s", (choices, starts) => {
  expect(partStarts(choices)).toEqual(starts);
});

describe("a path trained in parts", () => {
  test.each([
    [mixedPath, undefined],
    [
      ["choice_k3", "choice_k3"],
      [5, 5],
    ],
    [
      ["sep_k3", "mb_e3_k3_se"],
      [3, 3],
    ],
  ])("moves as its network does in one piece: %s, choices %s", async (path, choices) => {
    const network = pathNetwork(space, path);
    const whole = new Trainer(engine, network, optimizer, { labelSmoothing: 0.1 });
    const weights = new Map([...initialWeights(network, seededRandom(0))]);
    for (const [name, array] of allWeights()) if (weights.has(name)) weights.set(name, array);

    const expected = await whole.epoch(freshState(network, weights, optimizer), epochOptions());
    const found = await trainPaths(() => path, choices ? { choices } : {});

    expect(found.score.loss).toBeCloseTo(expected.score.loss, 4);
    expect(found.state.steps).toBe(expected.state.steps);
    expect(worstMiss(found.state.weights, expected.state.weights)).toBeLessThan(2e-3);
    await whole.release();
  });

  test("leaves the weights and slots of operators that are on no path", async () => {
    const { state } = await trainPaths(() => mixedPath);

    const before = fresh(allWeights());
    for (const [name, array] of before.weights)
      if (name.startsWith("block1-sep_k3") || name.includes("choice"))
        expect(state.weights.get(name)).toEqual(array);
    expect(state.weights.get("stem/kernel")).not.toEqual(before.weights.get("stem/kernel"));
  });

  test("scores as its network does", async () => {
    const network = pathNetwork(space, mixedPath);
    const { state } = await trainPaths(() => mixedPath);
    const whole = new Trainer(engine, network, optimizer);
    const parts = new PathTrainer(engine, space, optimizer);

    const expected = await whole.evaluate(state.weights, testSplit, 150);
    const found = await parts.evaluate(state.weights, mixedPath, testSplit, 150);

    expect(found.count).toBe(expected.count);
    expect(found.accuracy).toBe(expected.accuracy);
    expect(found.loss).toBeCloseTo(expected.loss, 5);
    await whole.release();
    await parts.release();
  });

  test("has the moments of the data it is calibrated on, whatever training left", async () => {
    const trainer = new PathTrainer(engine, space, optimizer);
    const { state } = await trainPaths(() => mixedPath);
    const spoilt = new Map(state.weights);
    for (const [name, array] of spoilt)
      if (name.includes("/moving_"))
        spoilt.set(
          name,
          array.map((one) => one + 3),
        );
    const calibrate = (weights: Weights) =>
      trainer.calibrated(weights, mixedPath, { split: train, batch: 100 });

    const [mended, usual] = [await calibrate(spoilt), await calibrate(state.weights)];

    expect(mended.get("stem/moving_mean")).toEqual(usual.get("stem/moving_mean"));
    const broken = await trainer.evaluate(spoilt, mixedPath, testSplit);
    const { loss } = await trainer.evaluate(mended, mixedPath, testSplit);
    expect(loss).toBeLessThan(broken.loss);
    await trainer.release();
  });
});

test("paths drawn anew for every batch train all operators, the same again from the same draws", async () => {
  const draws = (seed: number) => {
    const random = seededRandom(seed);
    return () => space.blocks.map(() => space.operators[random.below(3)]?.name ?? "");
  };

  const [one, again] = [await trainPaths(draws(5)), await trainPaths(draws(5))];

  expect(again.state.weights).toEqual(one.state.weights);
  const before = allWeights();
  for (const [name, array] of before)
    if (name.endsWith("/kernel")) expect(one.state.weights.get(name)).not.toEqual(array);
});

test("the same paths train alike without a compiler", async () => {
  const eager = await createEngine({ backend: "tfjs-cpu" });
  const split = pick(train, [...Array(64).keys()]);

  const [compiled, plain] = [
    await trainPaths(() => mixedPath, { split }),
    await trainPaths(() => mixedPath, { on: eager, split }),
  ];

  expect(worstMiss(compiled.state.weights, plain.state.weights)).toBeLessThan(5e-3);
  await eager.close();
});

test("natural gradients are refused", () => {
  const natural: Optimizer = kfac();

  expect(() => new PathTrainer(engine, space, natural)).toThrow(UserError);
});
