import { parseArgs } from "node:util";
import { loadDataset, loadGraph, pick } from "../src/datasets/index.ts";
import { initialWeights } from "../src/network/initial-weights.ts";
import { findPreset } from "../src/network/presets.ts";
import { seededRandom } from "../src/random.ts";
import { createEngine, type Engine } from "../src/tensor/index.ts";
import { type GraphRun, GraphTrainer } from "../src/training/graph/graph-trainer.ts";
import { kfacDefaults } from "../src/training/kfac/kfac.ts";
import { adam, kfac, type Optimizer, sgd } from "../src/training/optimizers.ts";
import { steadySchedule } from "../src/training/schedule.ts";
import { Trainer } from "../src/training/trainer.ts";
import { freshState } from "../src/training/training-state.ts";

/** What natural gradients cost: trainings with and without them in turn, the fastest of each, and ratios. */
export async function run(argv: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      graph: { type: "string" },
      net: { type: "string", default: "mnist-cnn" },
      data: { type: "string", default: "mnist" },
      width: { type: "string", default: "0.5" },
      steps: { type: "string", default: "60" },
      rounds: { type: "string", default: "3" },
      threads: { type: "string", default: "1" },
    },
  });
  const engine = await createEngine({ backend: "onnx-cpu", threads: Number(values.threads) });
  try {
    const trainings =
      values.graph === undefined
        ? await networkTrainings(engine, values)
        : await graphTrainings(engine, values.graph);
    console.table(await inTurn(trainings, Number(values.rounds)));
  } finally {
    await engine.close();
  }
}

type Trainings = Readonly<Record<string, () => Promise<unknown>>>;

const mapped = <From, To>(
  record: Readonly<Record<string, From>>,
  to: (from: From) => To,
): Readonly<Record<string, To>> =>
  Object.fromEntries(Object.entries(record).map(([name, from]) => [name, to(from)]));

/** 200 epochs on a graph. */
async function graphTrainings(engine: Engine, name: string): Promise<Trainings> {
  const trainer = new GraphTrainer(engine, await loadGraph(name));
  const once = { ...kfacDefaults, damping: 0.001, every: 200 };
  const runs: Readonly<Record<string, Pick<GraphRun, "optimizer" | "kfac">>> = {
    sgd: { optimizer: sgd() },
    "sgd-kfac, one look": { optimizer: sgd(), kfac: once },
    "sgd-kfac, every 50": { optimizer: sgd(), kfac: { ...once, every: 50 } },
    "sgd-kfac, every 4": { optimizer: sgd(), kfac: { ...once, every: 4 } },
    adam: { optimizer: adam() },
    "adam-kfac, every 50": { optimizer: adam(), kfac: { ...once, every: 50 } },
  };
  const common = { epochs: 200, learningRate: 0.01, dropout: 0.5, seed: 1 };
  return mapped(runs, (one) => () => trainer.run({ ...common, ...one }));
}

/** So many steps of a network. */
async function networkTrainings(
  engine: Engine,
  of: {
    readonly net: string;
    readonly data: string;
    readonly width: string;
    readonly steps: string;
  },
): Promise<Trainings> {
  const { train } = await loadDataset(of.data);
  const batch = 64;
  const split = pick(train, [...Array(Number(of.steps) * batch).keys()]);
  const network = findPreset(of.net).build({ multiplier: Number(of.width) });
  const weights = initialWeights(network, seededRandom(0));
  const optimizers: Readonly<Record<string, Optimizer>> = {
    sgd: sgd(),
    "kfac, every 20": kfac(),
    "kfac, every 100": kfac({ every: 100 }),
  };
  return mapped(optimizers, (optimizer) => {
    const trainer = new Trainer(engine, network, optimizer);
    const options = { split, batch, schedule: steadySchedule(0.01), span: [0, 1] } as const;
    return () =>
      trainer.epoch(freshState(network, weights, optimizer), {
        ...options,
        random: seededRandom(0),
      });
  });
}

/** Every training's fastest time, and its ratio to the first's; a first run of each, untimed, compiles. */
async function inTurn(trainings: Trainings, rounds: number) {
  const fastest_s = new Map<string, number>();
  for (let round = 0; round <= rounds; round++)
    for (const [name, train] of Object.entries(trainings)) {
      const started = performance.now();
      await train();
      const took_s = (performance.now() - started) / 1000;
      if (round > 0) fastest_s.set(name, Math.min(took_s, fastest_s.get(name) ?? took_s));
    }
  const first_s = [...fastest_s.values()][0] ?? Number.NaN;
  return [...fastest_s].map(([training, took_s]) => ({
    training,
    seconds: took_s.toFixed(3),
    ratio: (took_s / first_s).toFixed(2),
  }));
}
