import { describe, expect, test } from "vitest";
import { lanczosExtremes } from "../../../search/splitting/lanczos.ts";
import { seededRandom } from "../../../src/random.ts";
import { denseEigen } from "../../support/reference/eigen.ts";
import {
  type RbfCopy,
  type RbfNeuron,
  rbfCopies,
  rbfGradient,
  rbfLoss,
  rbfOutput,
  rbfSplittingMatrix,
  rbfTargets,
  trainRbf,
} from "../../support/reference/rbf.ts";

// One radial neuron learns the sum of three on 201 points; all digits are from float64.
const start: RbfNeuron = { w: 1, a: 0.5, b: 0.25 };
const [trained = start] = trainRbf([start]);

async function extremesOf(matrix: readonly (readonly number[])[]) {
  const multiply = (v: Float64Array) =>
    Float64Array.from(matrix, (row) => row.reduce((sum, entry, k) => sum + entry * (v[k] ?? 0), 0));
  const [found] = await lanczosExtremes(async ([v = new Float64Array(2)]) => [multiply(v)], [2], {
    steps: 2,
    random: seededRandom(0),
  });
  if (!found) throw new Error("One matrix has one result");
  return found;
}

const stretched = (v: Float64Array, factor: number): Float64Array => v.map((x) => x * factor);
const binary = (v: Float64Array, epsilon: number): readonly RbfCopy[] => [
  { weight: 1 / 2, displacement: stretched(v, epsilon) },
  { weight: 1 / 2, displacement: stretched(v, -epsilon) },
];
const changeOf = (neuron: RbfNeuron, copies: readonly RbfCopy[]): number =>
  rbfLoss(rbfCopies(neuron, copies)) - rbfLoss([neuron]);

const relative = (value: number, expected: number): number => Math.abs(value / expected - 1);

test("the teacher's outputs are those of the published set-up", () => {
  expect(rbfTargets[0]).toBeCloseTo(0.0111090269972865, 14);
  expect(rbfTargets[100]).toBeCloseTo(-1.09399415029016, 13);
  expect(rbfTargets[200]).toBeCloseTo(0.270670566495208, 14);
  expect(rbfTargets.reduce((sum, y) => sum + y * y, 0) / 201).toBeCloseTo(1.04636511072312, 13);
  expect(rbfOutput([start], 0)).toBeCloseTo(Math.exp(-(0.25 ** 2) / 2), 15);
});

describe("a neuron that is not at a stationary point", () => {
  const matrix = rbfSplittingMatrix([start], start);

  test("has the known loss and splitting matrix", () => {
    expect(rbfLoss([start])).toBeCloseTo(0.516066245438412, 14);
    expect(matrix[0]?.[0]).toBeCloseTo(-1.312529607119, 11);
    expect(matrix[0]?.[1]).toBeCloseTo(-0.375294481397, 11);
    expect(matrix[1]?.[1]).toBeCloseTo(-0.397983251837, 11);
  });

  test("has the known splitting index and direction", async () => {
    const { lambdaMin, lambdaMax, vMin } = await extremesOf(matrix);

    expect(lambdaMin).toBeCloseTo(-1.446817674622, 11);
    expect(lambdaMax).toBeCloseTo(-0.263695184334, 11);
    expect(Math.abs(vMin[0] ?? 0)).toBeCloseTo(0.941539644618, 11);
    expect(Math.abs(vMin[1] ?? 0)).toBeCloseTo(0.336902207789, 11);
  });

  test.each([
    [0.1, -6.985733748983e-3, 0.965668843],
    [0.03, -6.490419601005e-4, 0.9968882],
    [0.01, -7.231585689382e-5, 0.999654043],
    [0.001, -7.234063343908e-7, 0.99999654],
  ])("loses %d^2 / 2 lambda when split, up to the fourth order", async (epsilon, change, ratio) => {
    const { lambdaMin, vMin } = await extremesOf(matrix);
    const realised = changeOf(start, binary(vMin, epsilon));

    expect(relative(realised, change)).toBeLessThan(1e-9);
    expect(realised / ((epsilon ** 2 / 2) * lambdaMin)).toBeCloseTo(ratio, 8);
  });
});

describe("a neuron trained to a stationary point", () => {
  const matrix = rbfSplittingMatrix([trained], trained);

  test("has the known weights, loss and splitting matrix", () => {
    expect(trained.w).toBeCloseTo(2.1334244158983, 11);
    expect(trained.a).toBeCloseTo(1.031674146873, 11);
    expect(trained.b).toBeCloseTo(-2.766923588744, 11);
    expect(rbfLoss([trained])).toBeCloseTo(0.134267749670926, 14);
    expect(matrix[0]?.[0]).toBeCloseTo(-0.5148209895192, 11);
    expect(matrix[0]?.[1]).toBeCloseTo(-0.1342242869499, 11);
  });

  test("can never be strictly stable: the bias entry of S is 0, so its determinant is not positive", async () => {
    const { lambdaMin, lambdaMax, vMin } = await extremesOf(matrix);

    expect(matrix[1]?.[1]).toBeCloseTo(0, 12);
    expect(lambdaMin).toBeCloseTo(-0.547714339067, 11);
    expect(lambdaMax).toBeCloseTo(0.032893349548, 11);
    expect(Math.abs(vMin[0] ?? 0)).toBeCloseTo(0.971260359663, 11);
    expect(Math.abs(vMin[1] ?? 0)).toBeCloseTo(0.238019565893, 11);
  });

  test.each([
    [0.1, -1.910272467711e-3, 0.697543],
    [0.03, -2.394287778206e-4, 0.971426],
    [0.01, -2.729839884424e-5, 0.996812],
    [0.001, -2.738484331244e-7, 0.999968],
  ])("loses %d^2 / 2 lambda when split, up to the fourth order", async (epsilon, change, ratio) => {
    const { lambdaMin, vMin } = await extremesOf(matrix);
    const realised = changeOf(trained, binary(vMin, epsilon));

    expect(relative(realised, change)).toBeLessThan(1e-9);
    expect(realised / ((epsilon ** 2 / 2) * lambdaMin)).toBeCloseTo(ratio, 6);
  });

  test("rises along the eigenvector of a positive eigenvalue", async () => {
    const { vMax } = await extremesOf(matrix);

    expect(relative(changeOf(trained, binary(vMax, 0.01)), 1.644740077356e-6)).toBeLessThan(1e-8);
  });

  // c = 3: positive mass 2, negative mass 1. The displacements are in units of the step.
  const signedCopies = (u: Float64Array, v: Float64Array) => ({
    negativeBinary: [
      { weight: 2, displacement: stretched(v, 1 / 2) },
      { weight: -1, displacement: v },
    ],
    negativeTriplet: [
      { weight: 2, displacement: stretched(v, 0) },
      { weight: -1 / 2, displacement: v },
      { weight: -1 / 2, displacement: stretched(v, -1) },
    ],
    positiveTriplet: [
      { weight: 1, displacement: u },
      { weight: 1, displacement: stretched(u, -1) },
      { weight: -1, displacement: stretched(u, 0) },
    ],
    quartet: [
      { weight: 1, displacement: u },
      { weight: 1, displacement: stretched(u, -1) },
      { weight: -1 / 2, displacement: v },
      { weight: -1 / 2, displacement: stretched(v, -1) },
    ],
  });

  test.each([
    ["negativeBinary", -8.223337e-7, 0.989857, 0.998985],
    ["negativeTriplet", -1.644667e-6, 0.999985, 0.99999985],
    ["positiveTriplet", -5.477143e-5, 0.993955, 0.99994],
    ["quartet", -5.64161e-5, 0.994169, 0.999942],
  ] as const)(
    "gains by the signed %s what its formula promises",
    async (kind, predicted, atLarge, atSmall) => {
      const { vMin, vMax } = await extremesOf(matrix);
      // An eigenvector's sign is free; the asymmetric binary's third-order term depends on it.
      const oriented = stretched(vMax, -Math.sign(vMax[1] ?? 1));
      const copies = signedCopies(vMin, oriented)[kind];

      for (const [epsilon, ratio] of [
        [0.01, atLarge],
        [0.001, atSmall],
      ] as const) {
        const stepped = copies.map(({ weight, displacement }) => ({
          weight,
          displacement: stretched(displacement, epsilon),
        }));
        const promised = predicted * (epsilon / 0.01) ** 2;
        expect(changeOf(trained, stepped) / promised).toBeCloseTo(ratio, 6);
      }
    },
  );
});

test("symmetric splits err by the square of the step, the negative binary by the step", async () => {
  const matrix = rbfSplittingMatrix([trained], trained);
  const { lambdaMin, lambdaMax, vMin, vMax } = await extremesOf(matrix);
  const miss = (copies: (e: number) => readonly RbfCopy[], form: number) => {
    const [large = 0, small = 0] = [0.01, 0.001].map((e) =>
      Math.abs(1 - changeOf(trained, copies(e)) / ((e ** 2 / 2) * form)),
    );
    return large / small;
  };

  const symmetric = miss((e) => binary(vMin, e), lambdaMin);
  const asymmetric = miss(
    (e) => [
      { weight: 2, displacement: stretched(vMax, e / 2) },
      { weight: -1, displacement: stretched(vMax, e) },
    ],
    -lambdaMax / 2,
  );

  expect(symmetric).toBeGreaterThan(90);
  expect(symmetric).toBeLessThan(110);
  expect(asymmetric).toBeGreaterThan(9);
  expect(asymmetric).toBeLessThan(11);
});

test("growth by splitting lowers the loss past the point where training alone is stuck", async () => {
  const grow = async (net: readonly RbfNeuron[], steps: number): Promise<readonly RbfNeuron[]> => {
    const ends = await Promise.all(
      net.map((neuron) => extremesOf(rbfSplittingMatrix(net, neuron))),
    );
    const indices = ends.map(({ lambdaMin }) => lambdaMin);
    const least = indices.indexOf(Math.min(...indices));
    const split = net.flatMap((neuron, i) =>
      i === least
        ? rbfCopies(neuron, binary(ends[i]?.vMin ?? new Float64Array(2), 0.01))
        : [neuron],
    );
    return trainRbf(split, { tolerance: 1e-12, steps });
  };
  const two = await grow([trained], 60_000);
  const three = await grow(two, 3000);

  expect(rbfLoss(two)).toBeCloseTo(0.123639219674, 10);
  expect(rbfLoss(three)).toBeLessThan(rbfLoss(two));
});

test("the reference's gradient vanishes at the trained neuron and its eigensolver reproduces S", () => {
  const matrix = rbfSplittingMatrix([trained], trained);
  const { values, vectors } = denseEigen(matrix);

  expect(Math.hypot(...rbfGradient([trained]).flatMap(({ w, a, b }) => [w, a, b]))).toBeLessThan(
    1e-13,
  );
  for (const row of [0, 1])
    for (const column of [0, 1]) {
      const rebuilt = values.reduce(
        (sum, value, i) => sum + value * (vectors[i]?.[row] ?? 0) * (vectors[i]?.[column] ?? 0),
        0,
      );
      expect(rebuilt).toBeCloseTo(matrix[row]?.[column] ?? Number.NaN, 14);
    }
});
