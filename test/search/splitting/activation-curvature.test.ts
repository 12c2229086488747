import { describe, expect, test } from "vitest";
import { activateAlong, kinkCurvature } from "../../../search/splitting/activation-curvature.ts";
import { activations } from "../../../src/network/layer.ts";
import { tf } from "../../../src/tensor/index.ts";
import { prepareTfjs } from "../../../src/tensor/tfjs.ts";
import { referenceActivations } from "../../support/reference/activations.ts";

prepareTfjs();

const points = Array.from({ length: 61 }, (_, i) => -7.03 + i * 0.25);

describe.each(activations)("%s", (activation) => {
  const { value, first, second } = referenceActivations[activation];

  test("has in the reference the derivatives that finite differences show", () => {
    const h = 1e-4;
    const isSmooth = activation !== "relu" && activation !== "relu6";
    for (const x of points) {
      expect((value(x + h) - value(x - h)) / (2 * h)).toBeCloseTo(first(x), 6);
      if (isSmooth) expect((first(x + h) - first(x - h)) / (2 * h)).toBeCloseTo(second(x), 6);
    }
  });

  test("moves along a direction by its derivative, whose own gradient is the curvature", () => {
    const [a, da] = [tf.tensor1d(points), tf.fill([points.length], 0.5)];
    const along = (x: tf.Tensor) => activateAlong(activation, { value: x, along: da }).along;

    const moved = along(a).dataSync();
    const bent = activation === "linear" ? points.map(() => 0) : tf.grad(along)(a).dataSync();

    for (const [i, x] of points.entries()) {
      expect(moved[i]).toBeCloseTo(first(x) / 2, 5);
      expect(bent[i]).toBeCloseTo(second(x) / 2, 5);
    }
  });
});

test("the curvature that stands for relu's kink integrates to 1", () => {
  const width = 0.01;
  const grid = tf.range(-20, 20, width);

  const integral = tf.mul(tf.sum(kinkCurvature(grid)), width).dataSync()[0];

  expect(integral).toBeCloseTo(1, 4);
});
