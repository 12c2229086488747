import { afterAll, beforeAll, expect, test } from "vitest";
import { fromScratch } from "../../../search/from-scratch.ts";
import type { Trial } from "../../../search/index.ts";
import { trainTrials } from "../../../search/train-trials.ts";
import { WorkerPool } from "../../../src/app/workers/pool.ts";
import { trialWorkers } from "../../../src/app/workers/search-workers.ts";
import { searchData } from "../../../src/app/workflows/search-run.ts";
import { withWidths } from "../../../src/network/network.ts";
import { createEngine, type Engine } from "../../../src/tensor/index.ts";
import { seedNetwork, smallSearch, tinyRecipe } from "../../search/small-search.ts";

let engine: Engine;
beforeAll(async () => {
  engine = await createEngine({ backend: "onnx-cpu", threads: 1 });
});
afterAll(() => engine.close());

const images = {
  kind: "images",
  data: "synthetic",
  input: seedNetwork.input,
  dataSeed: 1,
  backend: "onnx-cpu",
  threads: 1,
} as const;

async function context() {
  const data = await searchData(images.data, images.input, images.dataSeed);
  return { granularity: 1, reference: seedNetwork, ...(await smallSearch(engine, { data })) };
}

function trialOf(width: number): Trial {
  const network = withWidths(seedNetwork, new Map([["conv1", width]]));
  const training = fromScratch(network, { seed: 3, recipe: tinyRecipe }, 0);
  const untrained = { fresh: true, epoch: 0, trainingLoss: Number.NaN };
  return { label: `${width}`, network, training, epochs: 2, rate: "anneal", ...untrained };
}

test("workers, one of them killed between two epochs, train what one process trains", async () => {
  const trials = [1, 2, 3].map(trialOf);
  const asked = await context();
  const quiet = { round: 0, onEpoch: () => undefined, onStep: () => undefined };
  const alone = await trainTrials(trials, asked, quiet);
  const pool = new WorkerPool(2, images);
  let [killed, epochs] = [0, 0];

  const together = await trainTrials(trials, asked, {
    ...quiet,
    workers: trialWorkers(pool),
    onEpoch: () => {
      const [first] = pool.busy;
      if (killed === 0 && first !== undefined) killed = first;
      if (killed === first) process.kill(killed, "SIGKILL");
    },
    onStep: (_, done) => {
      epochs = Math.max(epochs, done);
    },
  });
  pool.close();

  expect(killed).toBeGreaterThan(0);
  expect(together).toEqual(alone);
  expect(together.every(({ validation }) => validation)).toBe(true);
  expect(epochs).toBeLessThanOrEqual(6);
});

test("what a worker refuses is refused here in the same words, and an abort ends the work in hand", async () => {
  const stop = new AbortController();
  const unknown = new WorkerPool(1, { ...images, data: "nothing" });
  const pool = new WorkerPool(1, images, stop.signal);
  const job = { trial: trialOf(2), recipe: tinyRecipe, seed: 3, round: 0 };

  await expect(unknown.run(job)).rejects.toThrow(
    expect.objectContaining({ name: "UserError", message: 'No data set "nothing"', exit: "usage" }),
  );
  const aborted = pool.run(job);
  stop.abort();

  await expect(aborted).rejects.toThrow(expect.objectContaining({ name: "AbortError" }));
  unknown.close();
});

test("a candidate at which every process dies ends the search, in one sentence", async () => {
  const pool = new WorkerPool(1, images);
  const work = {
    round: 0,
    onEpoch: () => undefined,
    onStep: () => {
      for (const id of pool.busy) process.kill(id, "SIGKILL");
    },
  };

  const trained = trialWorkers(pool).train(trialOf(2), { recipe: tinyRecipe, seed: 3 }, work);

  await expect(trained).rejects.toThrow("A training process ended by SIGKILL before its candidate");
});
