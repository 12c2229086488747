import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { chainText } from "../../../src/datasets/text.ts";
import {
  languageModelParameters,
  type NodeActivation,
  type RecurrentCell,
} from "../../../src/network/cells/recurrent-cell.ts";
import { completeWiring } from "../../../src/network/cells/wiring.ts";
import { seededRandom } from "../../../src/random.ts";
import {
  type BackendName,
  createEngine,
  type Engine,
  type TensorValue,
} from "../../../src/tensor/index.ts";
import {
  evaluationStep,
  type LanguageModel,
  type LanguageProgram,
  languageParameters,
  type TextBatch,
  trainingStep,
} from "../../../src/training/language/language-model.ts";
import {
  loadLanguagePoint,
  saveLanguagePoint,
} from "../../../src/training/language/language-state.ts";
import {
  averaged,
  batchesOf,
  type LanguagePoint,
  type LanguageScores,
  LanguageTrainer,
  randomLength,
} from "../../../src/training/language/language-trainer.ts";

let engine: Engine;
beforeAll(async () => {
  engine = await createEngine({ backend: "onnx-cpu", threads: 1 });
});
afterAll(() => engine.close());

/** Nodes 2 and 3 are the output; one reads two nodes. */
const cell: RecurrentCell = {
  wiring: {
    nodes: 4,
    edges: [
      [0, 1],
      [0, 2],
      [1, 2],
      [1, 3],
    ],
  },
  activations: ["tanh", "relu", "sigmoid"],
};
const model: LanguageModel = { cell, words: 7, hiddenSize: 3 };
const batch: TextBatch = { rows: 2, steps: 4 };

function exampleValues({ inputs }: LanguageProgram): Record<string, TensorValue> {
  const random = seededRandom(5);
  return Object.fromEntries(
    Object.entries(inputs).map(([name, spec]) => {
      const length = spec.shape.reduce((product, size) => product * size, 1);
      const data =
        spec.dtype === "int32"
          ? Int32Array.from({ length }, () => random.below(model.words))
          : Float32Array.from({ length }, () =>
              name.startsWith("mask") ? 2 * random.below(2) : 0.7 * random.normal(),
            );
      return [name, { ...spec, data } as TensorValue];
    }),
  );
}

async function run(
  program: LanguageProgram,
  values: Record<string, TensorValue>,
  backend: BackendName = "onnx-cpu",
) {
  const own = await createEngine({ backend, threads: 1 });
  const compiled = await own.compile("language", program.fn, program.inputs);
  const out = await compiled.run(values);
  await compiled.release();
  await own.close();
  return out;
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const functions: { readonly [A in NodeActivation]: (x: number) => number } = {
  relu: (x) => Math.max(0, x),
  sigmoid,
  tanh: Math.tanh,
  identity: (x) => x,
};

/** The cell's formulas for one row, word by word, in float64. */
function referenceState(
  values: Readonly<Record<string, { readonly data: ArrayLike<number> }>>,
  row: number,
  steps = batch.steps,
): number[] {
  const d = model.hiddenSize;
  const read = (name: string) => Array.from(values[name]?.data ?? [], Number);
  const times = (x: readonly number[], name: string): number[] => {
    const matrix = read(name);
    return Array.from({ length: 2 * d }, (_, column) =>
      x.reduce((sum, value, i) => sum + value * (matrix[i * 2 * d + column] ?? 0), 0),
    );
  };
  const gate = (state: readonly number[], product: readonly number[], f: (x: number) => number) =>
    state.map((s, i) => s + sigmoid(product[i] ?? 0) * (f(product[d + i] ?? 0) - s));
  const meanOf = (all: readonly (readonly number[])[]): number[] =>
    Array.from(
      { length: d },
      (_, i) => all.reduce((sum, one) => sum + (one[i] ?? 0), 0) / all.length,
    );
  let state = read("state").slice(row * d, (row + 1) * d);
  for (let step = 0; step < steps; step++) {
    const word = read("x")[step * batch.rows + row] ?? 0;
    const vector = read("words").slice(word * d, (word + 1) * d);
    const zero = gate(state, times([...vector, ...state], "start"), Math.tanh);
    const one = gate(zero, times(zero, "edge-0-1"), functions.tanh);
    const two = meanOf([
      gate(zero, times(zero, "edge-0-2"), functions.relu),
      gate(one, times(one, "edge-1-2"), functions.relu),
    ]);
    const three = gate(one, times(one, "edge-1-3"), functions.sigmoid);
    state = meanOf([two, three]);
  }
  return state;
}

test("the state after four words is what the cell's formulas give", async () => {
  const program = evaluationStep(model, batch);
  const values = exampleValues(program);

  const { state } = await run(program, values);

  const expected = [0, 1].flatMap((row) => referenceState(values, row));
  for (const [i, value] of expected.entries()) expect(Number(state?.data[i])).toBeCloseTo(value, 5);
});

test("a penalty on changing states adds its own slope, and leaves the loss as it is", async () => {
  const values = exampleValues(evaluationStep(model, batch));
  const rate: TensorValue = { shape: [], dtype: "float32", data: Float32Array.of(1) };
  const step = async (temporalPenalty: number) => {
    const program = trainingStep(model, batch, { clip: 1e6, decay: 0, temporalPenalty });
    const masks = Object.entries(program.inputs).flatMap(([name, { shape }]) => {
      const length = shape.reduce((product, size) => product * size, 1);
      const data = new Float32Array(length).fill(1);
      return name.startsWith("mask") ? [[name, { shape, dtype: "float32", data } as const]] : [];
    });
    return await run(program, { ...values, ...Object.fromEntries(masks), rate });
  };
  const [plain, penalised] = [await step(0), await step(2)];

  /** Mean square of the changes after every word, with an entry of node 0's matrix moved. */
  const changeAt = (entry: number, by: number): number => {
    const start = Float64Array.from(values.start?.data ?? [], Number);
    start[entry] = (start[entry] ?? 0) + by;
    const moved = { ...values, start: { data: start } };
    const squares = [0, 1].flatMap((row) => {
      const states = [1, 2, 3, 4].map((steps) => referenceState(moved, row, steps));
      return states
        .slice(1)
        .flatMap((state, t) => state.map((value, i) => (value - (states[t]?.[i] ?? 0)) ** 2));
    });
    return squares.reduce((sum, square) => sum + square, 0) / squares.length;
  };
  expect(penalised.loss?.data[0]).toBe(plain.loss?.data[0]);
  for (const entry of [0, 3, 7]) {
    const slope = (changeAt(entry, 1e-4) - changeAt(entry, -1e-4)) / 2e-4;
    const moved = Number(plain.start?.data[entry]) - Number(penalised.start?.data[entry]);
    expect(moved).toBeCloseTo(2 * slope, 4);
  }
});

test("a compiled step with masks moves the weights as an eager one does", async () => {
  const program = trainingStep(model, batch, { clip: 0.5, decay: 1e-3 });
  const values = exampleValues(program);

  const [compiled, eager] = [await run(program, values), await run(program, values, "tfjs-cpu")];

  expect(Object.keys(compiled).sort()).toEqual(Object.keys(eager).sort());
  for (const [name, { data }] of Object.entries(eager))
    for (const [i, value] of [...data].entries())
      expect(Number(compiled[name]?.data[i])).toBeCloseTo(Number(value), 4);
});

test("a gradient longer than the clip is cut to its length, a shorter one left", async () => {
  const moved = async (clip: number) => {
    const program = trainingStep(model, batch, { clip, decay: 0 });
    const values: Record<string, TensorValue> = { ...exampleValues(program), rate: scalar(1) };
    const out = await run(program, values);
    const squares = languageParameters(model).flatMap(({ name }) =>
      [...(out[name]?.data ?? [])].map(
        (value, i) => (Number(value) - Number(values[name]?.data[i])) ** 2,
      ),
    );
    return Math.sqrt(squares.reduce((sum, square) => sum + square, 0));
  };

  const whole = await moved(1e6);
  expect(await moved(whole / 4)).toBeCloseTo(whole / 4, 4);
  expect(await moved(whole * 4)).toBeCloseTo(whole, 4);
});

const scalar = (value: number): TensorValue => ({
  shape: [],
  dtype: "float32",
  data: Float32Array.of(value),
});

test("a complete cell's arrays are as many as the counts say, and a bias per word", () => {
  const complete = { wiring: completeWiring(6), activations: Array(5).fill("tanh") };
  const shape = { words: 100, hiddenSize: 12 };

  const arrays = languageParameters({ cell: complete, ...shape });

  const sizes = arrays.map(({ shape: of }) => of.reduce((product, size) => product * size, 1));
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBe(
    languageModelParameters(complete, shape) + shape.words,
  );
});

test("batches read the text side by side and in order, each word's next one beside it", () => {
  const words = Int32Array.from({ length: 23 }, (_, i) => i);

  const cut = [...batchesOf(words, { rows: 2, steps: 4 })];

  expect(cut.map(({ x }) => [...x.data])).toEqual([
    [0, 11, 1, 12, 2, 13, 3, 14],
    [4, 15, 5, 16, 6, 17, 7, 18],
  ]);
  for (const { x, y } of cut)
    expect([...y.data]).toEqual([...x.data].map((word) => Number(word) + 1));
});

test("stretches of random length read the whole text once, however they fall", () => {
  const words = Int32Array.from({ length: 2001 }, (_, i) => i);
  const random = seededRandom(4);
  const lengths = { deviation: 5, halved: 0.05 };
  const cut = [
    ...batchesOf(words, { rows: 1, steps: 35 }, () => randomLength(35, lengths, random)),
  ];

  const read = cut.flatMap(({ x }) => [...x.data].map(Number));
  expect(read).toEqual(Array.from(words.slice(0, read.length)));
  expect(words.length - read.length).toBeLessThanOrEqual(50);
  expect(new Set(cut.map(({ steps }) => steps)).size).toBeGreaterThan(2);
});

test("lengths are normal about the mean and, one in twenty, about half of it, in steps of five", () => {
  const random = seededRandom(2);
  const drawn = Array.from({ length: 4000 }, () =>
    randomLength(35, { deviation: 5, halved: 0.05 }, random),
  );

  expect(new Set(drawn)).toEqual(new Set([5, 10, 15, 20, 25, 30, 35, 40, 45, 50]));
  const mean = drawn.reduce((sum, length) => sum + length, 0) / drawn.length;
  expect(mean).toBeCloseTo(0.95 * 35 + 0.05 * 17.5, 0);
  const short = drawn.filter((length) => length < 25).length / drawn.length;
  expect(short).toBeGreaterThan(0.04);
  expect(short).toBeLessThan(0.09);
});

test("a training by stretches of random length that was left after an epoch ends as one that was not", async () => {
  const text = chainText(seededRandom(1), { words: 12, followers: 2, tokens: 1500 });
  const trainer = new LanguageTrainer(engine, { cell, words: 12, hiddenSize: 8 }, text);
  const points: LanguagePoint[] = [];
  const options = {
    batch: { rows: 8, steps: 10 },
    lengths: { deviation: 5, halved: 0.05 },
    ...{ epochs: 3, learningRate: 5, clip: 0.25, seed: 2 },
    onEpoch: (_: LanguageScores, point: LanguagePoint) => void points.push(point),
  };

  const whole = await trainer.run(options);
  const resumed = await trainer.run(options, points[0]);
  await trainer.release();

  expect(resumed.curve).toEqual(whole.curve);
  expect(whole.curve[2]?.validationPerplexity).toBeLessThan(
    whole.curve[0]?.validationPerplexity ?? 0,
  );
});

test("a chain of words is learnt down to what chance leaves, alike for the same seed", async () => {
  const text = chainText(seededRandom(1), { words: 12, followers: 2, tokens: 4000 });
  const trainer = new LanguageTrainer(engine, { cell, words: 12, hiddenSize: 16 }, text);
  const options = {
    batch: { rows: 8, steps: 10 },
    epochs: 6,
    learningRate: 5,
    drops: [3],
    clip: 0.5,
    dropouts: { "mask-output": 0.1 },
    seed: 2,
  };

  const first = await trainer.run(options);
  const again = await trainer.run(options);
  await trainer.release();

  expect(again.curve).toEqual(first.curve);
  // Shares of 2/3 and 1/3: 0.6365 nats a word.
  expect(first.best.validationPerplexity).toBeGreaterThan(0.95 * Math.exp(0.6365));
  expect(first.best.validationPerplexity).toBeLessThan(1.15 * Math.exp(0.6365));
});

test("a training stopped between two epochs and read back goes on as if it had not been, averages included", async () => {
  const text = chainText(seededRandom(1), { words: 12, followers: 2, tokens: 1000 });
  const trainer = new LanguageTrainer(engine, { cell, words: 12, hiddenSize: 4 }, text);
  const path = join(mkdtempSync(join(tmpdir(), "wattsplit-language-")), "state");
  const run = {
    batch: { rows: 4, steps: 5 },
    epochs: 5,
    // So high that the held-out loss rises at once, and weights are averaged.
    learningRate: 60,
    averageAfter: 1,
    clip: 1,
    dropouts: { "mask-output": 0.5 },
    seed: 3,
  };
  const averages: boolean[] = [];

  const whole = await trainer.run({
    ...run,
    onEpoch: ({ epoch }, point) => {
      averages.push(point.average !== undefined);
      if (epoch === 3) saveLanguagePoint(path, "mine", point);
    },
  });
  const resumed = await trainer.run(run, loadLanguagePoint(path, "mine"));
  await trainer.release();

  expect(averages[3]).toBe(true);
  expect(resumed).toEqual(whole);
  expect(loadLanguagePoint(path, "another")).toBeUndefined();
});

test("averaged weights are the mean of those after each step", () => {
  const after = (...data: number[]): Record<string, TensorValue> => ({
    words: { shape: [2], dtype: "float32", data: Float32Array.from(data) },
  });

  const two = averaged(
    { weights: new Map([["words", Float32Array.of(1, 2)]]), steps: 1 },
    after(3, 4),
  );
  const three = averaged({ weights: two, steps: 2 }, after(5, 9));

  expect([...(two.get("words") ?? [])]).toEqual([2, 3]);
  expect([...(three.get("words") ?? [])]).toEqual([3, 5]);
});
