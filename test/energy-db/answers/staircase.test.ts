import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { findStaircases } from "../../../energy-db/answers/staircase.ts";
import { seededRandom } from "../../../src/random.ts";

interface Excerpt {
  readonly rows: readonly (readonly [number, number, number])[];
}
const bitFusion = JSON.parse(
  readFileSync(join(import.meta.dirname, "../fixtures/bitfusion-excerpt.json"), "utf8"),
) as Excerpt;

/** Scattered widths: input channels of 4 to 320, output channels of 4 to 640, in steps of `grid`. */
function scattered(
  cost: (x: number, y: number) => number,
  { count = 60, grid = 4, noise = 0, seed = 1 } = {},
) {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => {
    const x = grid * (1 + random.below(320 / grid));
    const y = grid * (1 + random.below(640 / grid));
    return { x, y, cost_s: cost(x, y) * (1 + noise * random.normal()) };
  });
}

const up = (width: number, step: number) => Math.ceil(width / step) * step;

describe("findStaircases", () => {
  test("finds the 32-channel steps of the BitFusion simulator in latency and in energy", () => {
    for (const column of [1, 2] as const) {
      const points = bitFusion.rows.map((row) => ({ x: 192, y: row[0], cost_s: row[column] }));

      const [along, across] = findStaircases(points, ["in", "out"]);

      expect(along?.step).toBeUndefined();
      expect(across?.step).toBe(32);
      expect(across?.confidence).toBeGreaterThan(0.99);
      // 0.0013 ms of 0.04 ms per 32 channels.
      expect(across?.riser).toBeCloseTo(0.033, 3);
    }
  });

  test("finds each candidate step on scattered widths, along either axis", () => {
    for (const step of [8, 16, 32, 64])
      for (const axis of ["in", "out"] as const) {
        const cost = (x: number, y: number) =>
          axis === "in" ? 2e-6 + 1e-10 * up(x, step) * y : 2e-6 + 1e-10 * x * up(y, step);

        const found = findStaircases(scattered(cost), ["in", "out"]);

        expect(found.find((stairs) => stairs.axis === axis)?.step).toBe(step);
        expect(found.find((stairs) => stairs.axis !== axis)?.step).toBeUndefined();
      }
  });

  test("finds steps along both axes under 1 % of noise", () => {
    const cost = (x: number, y: number) => 2e-6 + 1e-10 * up(x, 16) * up(y, 16);

    const found = findStaircases(scattered(cost, { noise: 0.01 }), ["in", "out"]);

    expect(found.map(({ step }) => step)).toEqual([16, 16]);
  });

  test("finds steps of 16 out, and none in, where ONNX Runtime jumps between two slopes", () => {
    // Microseconds of a 3x3 convolution at 14x14, ONNX Runtime 1.30 on an AVX-512 CPU, by input and output channels.
    const outputs = [8, 16, 20, 24, 32, 44, 60, 64];
    const measured_us: Readonly<Record<number, readonly number[]>> = {
      4: [2.9, 2.8, 3.1, 3.1, 2.9, 4.5, 4.9, 5.7],
      8: [4.6, 4.8, 5.5, 5.6, 5.3, 7.9, 9.6, 9.5],
      12: [6.1, 6.0, 7.8, 7.8, 7.8, 10.8, 13.7, 13.9],
      16: [6.9, 6.9, 9.9, 9.3, 9.8, 12.4, 16.4, 16.5],
      20: [13.1, 13.0, 18.6, 18.4, 18.6, 25.4, 31.1, 31.7],
      24: [13.2, 13.0, 18.3, 18.5, 18.9, 24.9, 31.0, 32.4],
    };
    const points = Object.entries(measured_us).flatMap(([x, row]) =>
      row.map((time_us, i) => ({ x: Number(x), y: outputs[i] ?? 0, cost_s: time_us / 1e6 })),
    );

    const [along, across] = findStaircases(points, ["in", "out"]);

    expect(along?.step).toBeUndefined();
    expect(across?.step).toBe(16);
  });

  test("finds lanes where widths off the multiples run slower, and no step", () => {
    // As blocked layouts do: input channels that are no multiple of 4 cost about twice as much.
    const cost = (x: number, y: number) => (2e-6 + 1e-10 * x * y) * (x % 4 === 0 ? 1 : 2);

    const found = findStaircases(scattered(cost, { grid: 1, noise: 0.02 }), ["in", "out"]);

    expect(found.map(({ step, lanes }) => ({ step, lanes }))).toEqual([
      { step: undefined, lanes: 4 },
      { step: undefined, lanes: undefined },
    ]);
    expect(found[0]?.confidence).toBeGreaterThan(0.9);
  });

  test("finds none where every width is the end of a tread, because nothing shows one", () => {
    const cost = (x: number, y: number) => 2e-6 + 1e-10 * x * up(y, 32);

    const found = findStaircases(scattered(cost, { grid: 32 }), ["in", "out"]);

    expect(found.map(({ step }) => step)).toEqual([undefined, undefined]);
  });

  test("finds none among fewer than eight points", () => {
    const points = bitFusion.rows.slice(0, 7).map(([y, cost_s]) => ({ x: 192, y, cost_s }));

    expect(findStaircases(points, ["out"])[0]?.step).toBeUndefined();
  });

  test("finds none on smooth costs, whatever their curvature and noise", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.5, max: 1.2, noNaN: true }),
        fc.double({ min: 0.5, max: 1.2, noNaN: true }),
        fc.constantFrom(0, 0.005, 0.02),
        fc.integer({ min: 0, max: 999 }),
        (a, b, noise, seed) => {
          const cost = (x: number, y: number) => 1e-6 + 1e-9 * x ** a * y ** b;

          const found = findStaircases(scattered(cost, { noise, seed }), ["in", "out"]);

          return found.every(({ step }) => step === undefined);
        },
      ),
      { seed: 7, numRuns: 60 },
    );
  });
});
