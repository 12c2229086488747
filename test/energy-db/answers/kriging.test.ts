import { describe, expect, test } from "vitest";
import { fitDeviations, type Known } from "../../../energy-db/answers/kriging.ts";
import { seededRandom } from "../../../src/random.ts";

function scattered(value: (x: number, y: number) => number, seed = 1): readonly Known[] {
  const random = seededRandom(seed);
  const places = Array.from({ length: 30 }, () => ({
    x: 1 + random.below(200),
    y: 1 + random.below(200),
  }));
  return places.map(({ x, y }) => ({ x, y, ragged: 0, value: value(x, y) }));
}

describe("fitDeviations", () => {
  test("runs through smooth values and predicts between them", () => {
    const wave = (x: number, y: number) =>
      0.1 * Math.sin(Math.log2(x) / 2) * Math.cos(Math.log2(y) / 3);
    const known = scattered(wave);

    const { at, errors } = fitDeviations(known);

    for (const point of known) expect(at(point)).toBeCloseTo(point.value, 4);
    expect(at({ x: 60, y: 60, ragged: 0 })).toBeCloseTo(wave(60, 60), 2);
    expect(Math.max(...errors.map(Math.abs))).toBeLessThan(0.1);
  });

  test("leaves pure noise to itself: no deviation larger than the noise, shrunk towards zero", () => {
    const random = seededRandom(2);
    const known = scattered(() => 0.05 * random.normal());

    const { at } = fitDeviations(known);

    const sizes = known.map((point) => Math.abs(at(point)));
    const mean = sizes.reduce((sum, size) => sum + size, 0) / sizes.length;
    expect(mean).toBeLessThan(0.03);
  });

  test("says nothing from fewer than three values", () => {
    const { at, errors } = fitDeviations([{ x: 8, y: 8, ragged: 0, value: 0.3 }]);

    expect(at({ x: 8, y: 8, ragged: 0 })).toBe(0);
    expect(errors).toEqual([0.3]);
  });
});
