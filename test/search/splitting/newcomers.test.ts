import { Matrix } from "ml-matrix";
import { afterAll, beforeAll, expect, test } from "vitest";
import { recipes } from "../../../search/index.ts";
import { applyCopies } from "../../../search/splitting/apply-split.ts";
import { carryTraining } from "../../../search/splitting/carry-training.ts";
import { splittableGroups } from "../../../search/splitting/groups.ts";
import { binaryMenu, menusOf, signedMenu } from "../../../search/splitting/menu.ts";
import { openGroups } from "../../../search/splitting/newcomer-step.ts";
import { findNewcomers, leadingPairs } from "../../../search/splitting/newcomers.ts";
import type { Network } from "../../../src/network/network.ts";
import type { Weights } from "../../../src/network/parameters.ts";
import { findPreset } from "../../../src/network/presets.ts";
import { seededRandom } from "../../../src/random.ts";
import { createEngine, type Engine } from "../../../src/tensor/index.ts";
import { sgd } from "../../../src/training/optimizers.ts";
import { evaluationStep } from "../../../src/training/train-step.ts";
import { batchValues, freshState, stateValues } from "../../../src/training/training-state.ts";
import {
  conv,
  exampleImages,
  exampleNetworks,
  exampleWeights,
  pointwise,
} from "../../support/reference/example-networks.ts";

let engine: Engine;
beforeAll(async () => {
  engine = await createEngine({ backend: "onnx-cpu", threads: 1 });
});
afterAll(() => engine.close());

/** A linear layer of two neurons between layers that mix channels pointwise, without batch norm: training and evaluation compute the same. */
const plain = { batchNorm: false, bias: true };
const bottleneck: Network = {
  name: "bottleneck",
  input: { height: 5, width: 5, channels: 2 },
  layers: [
    conv("stem", 6, plain),
    pointwise("project", 2, { batchNorm: false, activation: "linear" }),
    pointwise("expand", 5, plain),
    { kind: "global_pool", name: "mean" },
    { kind: "dense", name: "logits", width: 3, bias: true, activation: "linear" },
  ],
};

const count = 32;
function batchOf(network: Network) {
  const { images, labels } = exampleImages(network, count);
  return { x: Float32Array.from(images.flat()), y: Int32Array.from(labels), count };
}

async function meanLoss(network: Network, weights: Weights): Promise<number> {
  const { fn, inputs, state } = evaluationStep(network, { batch: count });
  const program = await engine.compile("loss", fn, inputs, { state });
  const { losses } = await program.run({
    ...stateValues(network, { weights, slots: new Map(), steps: 0 }, sgd()),
    ...batchValues(network.input, batchOf(network)),
  });
  await program.release();
  return [...(losses?.data ?? [])].reduce((sum, loss) => sum + loss, 0) / count;
}

/** Found and judged on the same batch: the index then follows from the singular value itself. */
const newcomersOf = (network: Network, weights: Weights) =>
  findNewcomers(engine, {
    network,
    weights,
    batch: count,
    finding: () => [batchOf(network)],
    heldOut: () => [batchOf(network)],
    random: seededRandom(3),
  });

test("a new neuron without outgoing weights changes nothing, and what it gains is the slope of the loss in them", async () => {
  const weights = exampleWeights(bottleneck, seededRandom(1));
  const [best] = (await newcomersOf(bottleneck, weights)).get("project") ?? [];
  if (!best?.newcomer) throw new Error("No new neuron");

  const grown = applyCopies(
    bottleneck,
    weights,
    new Map([
      [
        "project",
        [
          {
            neuron: 0,
            copies: [
              { weight: 1, displacement: best.newcomer.map(() => 0) },
              { weight: 0, displacement: best.newcomer },
            ],
          },
        ],
      ],
    ]),
  );

  const before = await meanLoss(bottleneck, weights);
  expect(await meanLoss(grown.network, grown.weights)).toBeCloseTo(before, 6);
  // The kernel of "expand" is [1, 1, 3, 5]: the new neuron's outgoing weights are the last five.
  const slopes: number[] = [];
  for (let output = 0; output < 5; output++) {
    const moved = Float32Array.from(grown.weights.get("expand/kernel") ?? []);
    const at = 10 + output;
    expect(moved[at]).toBe(0);
    const lossAt = async (value: number) => {
      moved[at] = value;
      return meanLoss(grown.network, new Map([...grown.weights, ["expand/kernel", moved]]));
    };
    slopes.push(((await lossAt(0.02)) - (await lossAt(-0.02))) / 0.04);
    moved[at] = 0;
  }
  const kernel = weights.get("expand/kernel") ?? new Float32Array();
  const usual = Math.hypot(...kernel) / Math.sqrt(2);
  // 2 usual |slopes| / step, the step being 0.1.
  const gain = -best.heldOut.index * best.squaredNorm;
  expect(gain / ((2 * usual * Math.hypot(...slopes)) / 0.1)).toBeCloseTo(1, 2);
});

test("new neurons come by descending gain, in one way whatever splits are on offer", async () => {
  const directions = await newcomersOf(bottleneck, exampleWeights(bottleneck, seededRandom(1)));

  for (const menu of [binaryMenu, signedMenu(3)]) {
    const menus = menusOf(directions, menu).get("project") ?? [];
    expect(menus.map(({ length }) => length)).toEqual([1, 1]);
    const [first = 0, second = 0] = menus.flatMap((entries) => entries.map(({ gain }) => gain));
    expect(first).toBeGreaterThan(second);
    expect(second).toBeGreaterThan(0);
  }
});

test("leading singular vectors are those of a matrix with known ones", () => {
  // A diagonal matrix has its own entries, along the axes.
  const matrix = Matrix.zeros(6, 4);
  for (const [i, value] of [2, 5, 1, 3].entries()) matrix.set(i, i, value);

  const { left, right } = leadingPairs(matrix, 3, seededRandom(1));

  expect(right.columns).toBe(3);
  for (const [k, axis] of [1, 3, 0].entries()) {
    expect(Math.abs(right.get(axis, k))).toBeCloseTo(1, 6);
    expect(left.get(axis, k) * right.get(axis, k)).toBeCloseTo(1, 6);
  }
});

test("linear streams are open to new neurons where all that writes to and reads them is pointwise", () => {
  const open = (network: Network) =>
    openGroups(network, splittableGroups(network)).map(({ group, readers }) => [
      group.group.name,
      readers.map(({ layer, writers }) => [layer, [...writers].sort()]),
    ]);

  expect(open(exampleNetworks.skip as Network)).toEqual([
    ["project", [["last", ["project", "shortcut", "sum"]]]],
  ]);
  expect(open(exampleNetworks.twoConvs as Network)).toEqual([]);
});

test("MobileNetV2's streams are offered new neurons with filters of every block that writes to them, and no momentum", async () => {
  const network = findPreset("mobilenet-v2-cifar").build({ multiplier: 0.25 });
  const weights = exampleWeights(network, seededRandom(1));
  const open = openGroups(network, splittableGroups(network));
  const several = open.find(({ group }) => group.theta.length > 1);
  if (!several) throw new Error("No stream with several writers");
  const { name, width } = several.group.group;

  const found = (await newcomersOf(network, weights)).get(name) ?? [];

  expect(found).toHaveLength(width);
  const newcomer = found[0]?.newcomer ?? new Float32Array();
  const copies = [
    { weight: 1, displacement: newcomer.map(() => 0) },
    { weight: 0, displacement: newcomer },
  ];
  const grown = applyCopies(network, weights, new Map([[name, [{ neuron: 0, copies }]]]));
  expect(await meanLoss(grown.network, grown.weights)).toBeCloseTo(
    await meanLoss(network, weights),
    4,
  );
  const fresh = freshState(network, weights, sgd());
  const moving = new Map([...fresh.slots].map(([slot, array]) => [slot, array.map(() => 1)]));
  const { slots } = carryTraining(grown, { ...fresh, slots: moving }, recipes.quick);
  const [reader] = several.readers;
  const momentum = [...slots].find(([slot]) => slot.includes(`${reader?.layer}/kernel`))?.[1];
  // [inputs, outputs]: the last input is new.
  expect([...(momentum ?? [])].slice(-(reader?.width ?? 0))).toEqual(
    new Array(reader?.width).fill(0),
  );
});
