import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { applySplit } from "../../../search/splitting/apply-split.ts";
import { splittingDirections } from "../../../search/splitting/directions.ts";
import { lanczos } from "../../../search/splitting/finders.ts";
import { binaryMenu } from "../../../search/splitting/menu.ts";
import {
  compileSplittingProducts,
  type SplittingProducts,
} from "../../../search/splitting/products.ts";
import type { Batch } from "../../../src/datasets/index.ts";
import type { Weights } from "../../../src/network/parameters.ts";
import { seededRandom } from "../../../src/random.ts";
import { createEngine, type Engine } from "../../../src/tensor/index.ts";
import { denseEigen } from "../../support/reference/eigen.ts";
import {
  exampleImages,
  exampleNetworks,
  exampleWeights,
} from "../../support/reference/example-networks.ts";
import { exactWeights } from "../../support/reference/network.ts";
import { splittingMatrixByDefinition } from "../../support/reference/splitting-matrix.ts";

const network = exampleNetworks.depthwise;
const weights = exampleWeights(network);
const images = exampleImages(network, 4);
const pixels = 5 * 5 * 2;

let engine: Engine;
let products: SplittingProducts;
beforeAll(async () => {
  engine = await createEngine({ backend: "onnx-cpu", threads: 1 });
  products = await compileSplittingProducts(engine, network, { batch: 2 });
});
afterAll(async () => {
  await products.release();
  await engine.close();
});

/** The four images as two batches. */
function* halvesOfImages(): Generator<Batch> {
  const x = Float32Array.from(images.images.flat());
  const y = Int32Array.from(images.labels);
  for (const from of [0, 2])
    yield {
      x: x.slice(from * pixels, (from + 2) * pixels),
      y: y.slice(from, from + 2),
      count: 2,
    };
}

function* firstHalf(): Generator<Batch> {
  const first = halvesOfImages().next();
  if (!first.done) yield first.value;
}

const find = (
  of: Weights,
  options: { readonly steps?: number; readonly heldOut?: typeof firstHalf } = {},
) =>
  splittingDirections(products, of, halvesOfImages, options.heldOut ?? halvesOfImages, {
    finder: lanczos(options.steps ?? 18),
    random: seededRandom(4),
  });

/** Mean loss over both batches, or those given. */
async function lossOf(
  of: SplittingProducts,
  at: Weights,
  batches = halvesOfImages,
): Promise<number> {
  const zeros = new Map(
    of.groups.map(({ group, dimension }) => [
      group.name,
      new Float32Array(group.width * dimension),
    ]),
  );
  const losses: number[] = [];
  for (const batch of batches()) losses.push((await of.multiply(at, batch, zeros)).loss);
  return losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
}

describe("directions of all neurons", () => {
  test("are the ends of each neuron's exact splitting matrix over all batches", async () => {
    const found = await find(weights);

    for (const [group, neuron, dimension] of [
      ["conv1", 0, 18],
      ["conv2", 3, 3],
    ] as const) {
      const reference = { network, weights: exactWeights(weights) };
      const of = { reference, group, neuron, dimension, batch: images };
      const { values, vectors } = denseEigen(splittingMatrixByDefinition(of));
      const direction = found.get(group)?.[neuron];
      const size = Math.max(...values.map(Math.abs));
      const cosine = (v: Float32Array = new Float32Array(), exact: readonly number[] = []) =>
        Math.abs(v.reduce((sum, entry, k) => sum + entry * (exact[k] ?? 0), 0));
      expect(Math.abs((direction?.lambdaMin ?? 0) - (values[0] ?? 0))).toBeLessThan(1e-4 * size);
      expect(Math.abs((direction?.lambdaMax ?? 0) - (values.at(-1) ?? 0))).toBeLessThan(
        1e-4 * size,
      );
      expect(cosine(direction?.vMin, vectors[0])).toBeCloseTo(1, 4);
      expect(cosine(direction?.vMax, vectors.at(-1))).toBeCloseTo(1, 4);
    }
  });

  test("judged on the data they were found on give back the index, with an error from the batches", async () => {
    const found = await find(weights);

    expect([...found.keys()]).toEqual(["conv1", "conv2"]);
    for (const { heldOut, lambdaMin, lambdaMax } of [...found.values()].flat()) {
      expect(Math.abs(heldOut.index - lambdaMin)).toBeLessThan(1e-4 * (lambdaMax - lambdaMin));
      expect(heldOut.standardError).toBeGreaterThan(0);
    }
  });

  test("judged on a single batch have no standard error", async () => {
    const found = await find(weights, { steps: 2, heldOut: firstHalf });

    for (const { heldOut } of [...found.values()].flat())
      expect(heldOut.standardError).toBeUndefined();
  });

  test("know the squared length of theta", async () => {
    const found = await find(weights, { steps: 1 });
    const kernel = weights.get("conv2/kernel") ?? new Float32Array();

    const expected = [0, 1, 2].reduce((sum, input) => sum + (kernel[input * 4 + 1] ?? 0) ** 2, 0);

    expect(found.get("conv2")?.[1]?.squaredNorm).toBeCloseTo(expected, 6);
  });

  test("count one pass per step and one for judging", async () => {
    const seen: string[] = [];

    await splittingDirections(products, weights, halvesOfImages, halvesOfImages, {
      finder: lanczos(4),
      random: seededRandom(4),
      onProgress: ({ pass, passes }) => seen.push(`${pass}/${passes}`),
    });

    expect(seen).toEqual(["1/5", "2/5", "3/5", "4/5", "5/5"]);
  });
});

test("splitting every neuron along them lowers the loss by half the step's square times their indices", async () => {
  const found = await find(weights);
  const epsilon = 0.05;
  const split = applySplit(
    network,
    weights,
    new Map(
      [...found].map(([group, directions]) => [
        group,
        directions.map(({ vMin }, neuron) => ({ neuron, direction: vMin, epsilon })),
      ]),
    ),
  );
  const widened = await compileSplittingProducts(engine, split.network, { batch: 2 });

  const realised = (await lossOf(widened, split.weights)) - (await lossOf(products, weights));
  await widened.release();

  const sum = [...found.values()].flat().reduce((total, { lambdaMin }) => total + lambdaMin, 0);
  expect(realised).toBeLessThan(0);
  expect(realised / ((epsilon ** 2 / 2) * sum)).toBeCloseTo(1, 1);
});

test("a menu offers for each neuron what splitting it alone lowers the held-out loss by", async () => {
  const found = await find(weights, { heldOut: firstHalf });
  const before = await lossOf(products, weights, firstHalf);
  const step = 0.05;
  for (const [group, directions] of found) {
    const splits = directions.map(({ vMin, squaredNorm }, neuron) => {
      const split = { neuron, direction: vMin, epsilon: step * Math.sqrt(squaredNorm) };
      return applySplit(network, weights, new Map([[group, [split]]]));
    });
    const widened = await compileSplittingProducts(engine, splits[0]?.network ?? network, {
      batch: 2,
    });
    const falls: number[] = [];
    for (const split of splits)
      falls.push(before - (await lossOf(widened, split.weights, firstHalf)));
    await widened.release();

    const offered = directions.map((direction) => binaryMenu(direction)[0]?.gain ?? Number.NaN);
    const most = Math.max(...falls.map(Math.abs));
    for (const [neuron, fall] of falls.entries())
      expect(Math.abs((step ** 2 / 2) * (offered[neuron] ?? 0) - fall) / most).toBeLessThan(0.1);
  }
});

test("a filter scaled under batch norm keeps its outputs, and its index times its squared length", async () => {
  const factor = 3;
  const scale = (name: string, of: number): readonly [string, Float32Array] => [
    name,
    (weights.get(name) ?? new Float32Array()).map((entry) => entry * of),
  ];
  // Batch norm's epsilon does not scale along, so variances are made large beside it.
  const large = new Map([
    ...weights,
    scale("conv1/kernel", 100),
    scale("conv1/moving_variance", 1e4),
    scale("conv1/moving_mean", 100),
  ]);
  const scaled = new Map([
    ...large,
    ...(["kernel", "moving_mean"] as const).map((role): readonly [string, Float32Array] => [
      `conv1/${role}`,
      (large.get(`conv1/${role}`) ?? new Float32Array()).map((entry) => entry * factor),
    ]),
    [
      "conv1/moving_variance",
      (large.get("conv1/moving_variance") ?? new Float32Array()).map((v) => v * factor ** 2),
    ] as const,
  ]);

  const before = (await find(large)).get("conv1") ?? [];
  const after = (await find(scaled)).get("conv1") ?? [];

  expect(await lossOf(products, scaled)).toBeCloseTo(await lossOf(products, large), 5);

  for (const [i, direction] of before.entries()) {
    const other = after[i];
    const ratio = (other?.lambdaMin ?? 0) / direction.lambdaMin;
    const gains = [direction, other].map((d) => (d?.lambdaMin ?? 0) * (d?.squaredNorm ?? 0));
    expect(ratio).toBeCloseTo(1 / factor ** 2, 4);
    expect((gains[1] ?? 0) / (gains[0] ?? 1)).toBeCloseTo(1, 3);
  }
});
