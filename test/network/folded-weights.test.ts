import { afterAll, beforeAll, expect, test } from "vitest";
import { foldBatchNorm, withoutBatchNorm } from "../../src/network/folded-weights.ts";
import type { Network } from "../../src/network/network.ts";
import { parametersOf, type Weights } from "../../src/network/parameters.ts";
import { findPreset } from "../../src/network/presets.ts";
import { seededRandom } from "../../src/random.ts";
import { createEngine, type Engine } from "../../src/tensor/index.ts";
import { sgd } from "../../src/training/optimizers.ts";
import { evaluationStep } from "../../src/training/train-step.ts";
import { batchValues, stateValues } from "../../src/training/training-state.ts";

let engine: Engine;
beforeAll(async () => {
  engine = await createEngine({ backend: "tfjs-cpu" });
});
afterAll(() => engine.close());

const random = seededRandom(1);

/** Of every size that training brings: moments away from 0 and 1, scales of both signs. */
function drawnWeights(network: Network): Weights {
  const draw = { kernel: 0.3, bias: 0.2, gamma: 1, beta: 0.3, moving_mean: 0.4 } as const;
  return new Map(
    parametersOf(network).map(({ name, role, shape }) => {
      const length = shape.reduce((product, size) => product * size, 1);
      return [
        name,
        Float32Array.from({ length }, () =>
          role === "moving_variance" ? 0.2 + random.uniform() : draw[role] * random.normal(),
        ),
      ];
    }),
  );
}

const batch = 2;

async function lossesOf(network: Network, weights: Weights, x: Float32Array) {
  const { fn, inputs } = evaluationStep(network, { batch });
  const program = await engine.compile(network.name, fn, inputs);
  const values = {
    ...stateValues(network, { weights, slots: new Map(), steps: 0 }, sgd()),
    ...batchValues(network.input, { x, y: Int32Array.from([0, 1]), count: batch }),
  };
  const { losses } = await program.run(values);
  await program.release();
  return [...(losses?.data ?? [])];
}

test.each(["mobilenet-v2-cifar", "resnet-20-cifar", "mnist-cnn", "ds-cnn-s"])(
  "%s computes the same with batch norm folded into filters and biases",
  async (name) => {
    const network = findPreset(name).build({ multiplier: 0.25 });
    const weights = drawnWeights(network);
    const { height, width, channels } = network.input;
    const x = Float32Array.from({ length: batch * height * width * channels }, () =>
      random.normal(),
    );
    const folded = withoutBatchNorm(network);

    const losses = await lossesOf(folded, foldBatchNorm(network, weights), x);

    expect(parametersOf(folded).some(({ role }) => role === "gamma")).toBe(false);
    for (const [i, loss] of (await lossesOf(network, weights, x)).entries())
      expect(Math.abs((losses[i] ?? Number.NaN) - loss)).toBeLessThan(1e-4 * (1 + loss));
  },
);
