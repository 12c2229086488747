import { existsSync } from "node:fs";
import * as ort from "onnxruntime-node";
import { afterAll, describe, expect, test } from "vitest";
import { loadGraph, parseGraph } from "../../../src/datasets/index.ts";
import { encodeModel } from "../../../src/onnx/index.ts";
import { createEngine } from "../../../src/tensor/index.ts";
import { exportGcn, scaledFeatures } from "../../../src/training/graph/export.ts";
import { type GraphRun, GraphTrainer } from "../../../src/training/graph/graph-trainer.ts";
import { kfacDefaults } from "../../../src/training/kfac/kfac.ts";
import { adam, sgd } from "../../../src/training/optimizers.ts";
import { smallGraphFile } from "../../support/small-graph.ts";

const engine = await createEngine({ backend: "onnx-cpu", threads: 1 });
const graph = parseGraph(JSON.stringify(smallGraphFile()), "small");
const trainer = new GraphTrainer(engine, graph);
afterAll(async () => {
  await trainer.release();
  await engine.close();
});

const base: GraphRun = {
  optimizer: adam({ weightDecay: 5e-4 }),
  learningRate: 0.01,
  epochs: 60,
  dropout: 0.5,
  seed: 3,
};
const natural = { ...kfacDefaults, damping: 0.001 };

describe("a graph network on a small graph", () => {
  test.each<[string, Partial<GraphRun>]>([
    ["Adam", {}],
    ["Adam and pseudo-labels", { gamma: 1 }],
    ["SGD with K-FAC", { optimizer: sgd({ momentum: 0.9 }), kfac: natural }],
    ["Adam with K-FAC", { kfac: { ...natural, damping: 0.1 } }],
    [
      "SGD with the softmax's own Fisher",
      {
        optimizer: sgd({ momentum: 0.9 }),
        kfac: { ...natural, head: "exact", scaling: "statistical" },
      },
    ],
    [
      "SGD with the inputs' factor alone",
      { optimizer: sgd({ momentum: 0.9 }), kfac: { ...natural, factors: "inputs" } },
    ],
  ])("learns its classes by %s", async (_, run) => {
    const { best, curve } = await trainer.run({ ...base, ...run });

    expect(curve).toHaveLength(60);
    expect(best.heldOutLoss).toBe(Math.min(...curve.map(({ heldOutLoss }) => heldOutLoss)));
    expect(best.testAccuracy).toBeGreaterThan(0.7);
  });

  test("goes the same way under the same seed, and another under another", async () => {
    const short = { ...base, epochs: 5 };
    const losses = async (run: GraphRun) =>
      (await trainer.run(run)).curve.map(({ heldOutLoss }) => heldOutLoss);

    expect(await losses(short)).toEqual(await losses(short));
    expect(await losses({ ...short, seed: 4 })).not.toEqual(await losses(short));
  });

  test("leaves an ONNX file whose test accuracy is the one reported", async () => {
    const { best, weights } = await trainer.run(base);
    const session = await ort.InferenceSession.create(
      encodeModel(exportGcn(trainer.shape, trainer.propagation, weights)),
    );
    const features = new ort.Tensor("float32", scaledFeatures(graph), [
      graph.nodes,
      graph.features,
    ]);
    const { logits } = await session.run({ features });
    const scores = logits?.data as Float32Array;
    const right = Array.from(graph.test).filter((node) => {
      const own = scores.subarray(node * graph.classes, (node + 1) * graph.classes);
      return own.indexOf(Math.max(...own)) === graph.labels[node];
    });

    expect(right.length / graph.test.length).toBeCloseTo(best.testAccuracy, 12);
  });

  test("that diverges says what to do", async () => {
    const run = { ...base, optimizer: sgd({ momentum: 0.9 }), learningRate: 1e30 };
    await expect(trainer.run(run)).rejects.toThrow(/loss became|held-out loss/);
  });

  test("stops when told to", async () => {
    await expect(trainer.run({ ...base, signal: AbortSignal.abort() })).rejects.toThrow();
  });
});

const planetoid = "../shared/data/planetoid";
const missing = existsSync(`${planetoid}/cora.json`)
  ? undefined
  : `${planetoid}/cora.json is missing`;

describe("Cora's public split, as replicated in float64 over ten seeds", () => {
  async function runs(run: Partial<GraphRun>) {
    const cora = new GraphTrainer(engine, await loadGraph(`cora:${planetoid}`));
    try {
      const results = [];
      for (const seed of [42, 43, 44])
        results.push(await cora.run({ ...base, epochs: 200, seed, ...run }));
      return results;
    } finally {
      await cora.release();
    }
  }

  test("Adam at 0.01 ends between 79.5 and 82.5 %", async ({ skip }) => {
    if (missing) skip(missing);
    for (const { best } of await runs({})) {
      expect(best.testAccuracy).toBeGreaterThanOrEqual(0.795);
      expect(best.testAccuracy).toBeLessThanOrEqual(0.825);
    }
  });

  test.for([
    ["with K-FAC at damping 0.001", "both"],
    ["with its factor of inputs alone", "inputs"],
  ] as const)("SGD %s reaches 80 % by epoch 40", async ([, factors], { skip }) => {
    if (missing) skip(missing);
    const kfac = { ...natural, every: 200, factors };
    for (const { curve } of await runs({ optimizer: sgd({ momentum: 0.9 }), kfac, epochs: 40 }))
      expect(Math.max(...curve.map(({ testAccuracy }) => testAccuracy))).toBeGreaterThanOrEqual(
        0.8,
      );
  });

  test("SGD alone stays below 40 %", async ({ skip }) => {
    if (missing) skip(missing);
    for (const { best } of await runs({ optimizer: sgd({ momentum: 0.9 }) }))
      expect(best.testAccuracy).toBeLessThan(0.4);
  });
});
