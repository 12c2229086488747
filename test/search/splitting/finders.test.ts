import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { splittingDirections } from "../../../search/splitting/directions.ts";
import {
  type DirectionFinder,
  exact,
  lanczos,
  rayleigh,
} from "../../../search/splitting/finders.ts";
import {
  compileSplittingProducts,
  type SplittingProducts,
} from "../../../search/splitting/products.ts";
import type { Batch } from "../../../src/datasets/index.ts";
import type { Network } from "../../../src/network/network.ts";
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

const network: Network = exampleNetworks.convBatchNorm;
const weights: Weights = exampleWeights(network);
const images = exampleImages(network, 4);
const { height, width, channels } = network.input;

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

function* bothBatches(): Generator<Batch> {
  const x = Float32Array.from(images.images.flat());
  const y = Int32Array.from(images.labels);
  const pixels = height * width * channels;
  for (const from of [0, 2])
    yield { x: x.slice(from * pixels, (from + 2) * pixels), y: y.slice(from, from + 2), count: 2 };
}

const find = (finder: DirectionFinder) =>
  splittingDirections(products, weights, bothBatches, bothBatches, {
    finder,
    bothEnds: finder.name !== "rayleigh",
    random: seededRandom(4),
  });

/** Both ends of a neuron's splitting matrix in float64, by its definition. */
function reference(group: string, neuron: number, dimension: number) {
  const of = { network, weights: exactWeights(weights) };
  const { values } = denseEigen(
    splittingMatrixByDefinition({ reference: of, group, neuron, dimension, batch: images }),
  );
  return { least: values[0] ?? 0, greatest: values[values.length - 1] ?? 0 };
}

const neurons = [
  ["conv1", 0, 18],
  ["conv1", 2, 18],
] as const;

describe.each([
  ["lanczos", lanczos(18)],
  ["exact", exact],
] as const)("%s", (_, finder) => {
  test("finds both ends of every splitting matrix, to 1e-4 of its spread", async () => {
    const found = await find(finder);

    for (const [group, neuron, dimension] of neurons) {
      const { least, greatest } = reference(group, neuron, dimension);
      const direction = found.get(group)?.[neuron];
      const close = 1e-4 * (greatest - least);
      expect(Math.abs((direction?.lambdaMin ?? 0) - least)).toBeLessThan(close);
      expect(Math.abs((direction?.lambdaMax ?? 0) - greatest)).toBeLessThan(close);
      expect(Math.abs((direction?.heldOutMax?.index ?? 0) - greatest)).toBeLessThan(close);
    }
  });
});

describe("rayleigh", () => {
  test("comes down towards the least end and never below it", async () => {
    const short = await find(rayleigh(2));
    const long = await find(rayleigh(400));

    for (const [group, neuron, dimension] of neurons) {
      const { least, greatest } = reference(group, neuron, dimension);
      const index = (found: typeof short) => found.get(group)?.[neuron]?.heldOut.index ?? 0;
      expect(index(long)).toBeGreaterThan(least - 1e-4 * (greatest - least));
      expect(index(long)).toBeLessThan(index(short));
    }
  });

  test("knows nothing of the greatest end", async () => {
    const found = await find(rayleigh(1));

    expect(found.get("conv1")?.[0]?.lambdaMax).toBeNaN();
    expect(found.get("conv1")?.[0]?.heldOutMax).toBeUndefined();
  });
});
