import * as ort from "onnxruntime-node";
import { expect, test } from "vitest";
import { applyCopies, type NeuronSplit } from "../../../search/splitting/apply-split.ts";
import { splittableGroups } from "../../../search/splitting/groups.ts";
import { copiesOf, type SplitType, splitTypeNames } from "../../../search/splitting/split-types.ts";
import { exportNetwork } from "../../../src/network/export.ts";
import { randomWeights } from "../../../src/network/initial-weights.ts";
import type { Network } from "../../../src/network/network.ts";
import type { Weights } from "../../../src/network/parameters.ts";
import { type PresetName, presets } from "../../../src/network/presets.ts";
import { encodeModel } from "../../../src/onnx/index.ts";
import { seededRandom } from "../../../src/random.ts";

/** Splits of two neurons in every group that can be split, at step 0. */
function splitsOf(network: Network, type: SplitType): ReadonlyMap<string, readonly NeuronSplit[]> {
  const groups = splittableGroups(network).filter(({ reason }) => reason === undefined);
  return new Map(
    groups.map(({ group, dimension }) => {
      const still = new Float32Array(dimension);
      const copies = copiesOf(type, { least: still, greatest: still }).map(({ weight }) => ({
        weight,
        displacement: still,
      }));
      const neurons = [0, Math.min(2, group.width - 1)];
      return [group.name, [...new Set(neurons)].map((neuron) => ({ neuron, copies }))];
    }),
  );
}

async function logits(network: Network, weights: Weights): Promise<readonly number[]> {
  const session = await ort.InferenceSession.create(encodeModel(exportNetwork(network, weights)));
  const { height, width, channels } = network.input;
  const random = seededRandom(5);
  const image = Float32Array.from({ length: height * width * channels }, () => random.normal());
  const input = new ort.Tensor("float32", image, [1, channels, height, width]);
  const { output } = await session.run({ input });
  await session.release();
  return Array.from((output?.data ?? []) as Float32Array);
}

test.each(Object.keys(presets) as readonly PresetName[])(
  "%s gives the same outputs when all its layers split at step 0, by every type",
  async (name) => {
    const network = presets[name].build({ multiplier: 0.25 });
    const weights = randomWeights(network, seededRandom(1));
    const before = await logits(network, weights);
    const scale = Math.max(...before.map(Math.abs));

    for (const type of splitTypeNames) {
      const split = applyCopies(network, weights, splitsOf(network, type));

      const after = await logits(split.network, split.weights);

      const off = Math.max(...after.map((value, i) => Math.abs(value - (before[i] ?? 0))));
      expect(off / scale, type).toBeLessThan(1e-5);
    }
  },
);
