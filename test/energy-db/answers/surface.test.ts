import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { MeasuredKernel } from "../../../energy-db/answers/observations.ts";
import { fitSurface } from "../../../energy-db/answers/surface.ts";
import type { Kernel } from "../../../src/network/kernel.ts";
import { seededRandom } from "../../../src/random.ts";

const convolution: Kernel = {
  op: "conv2d",
  batch: 1,
  inHeight: 8,
  inWidth: 8,
  inChannels: 8,
  outChannels: 8,
  kernelSize: 3,
  stride: 1,
  groups: 1,
  padding: "same",
  variant: "relu",
  dtype: "float32",
};

const measured = (kernel: Kernel, latency_s: number, row = 0): MeasuredKernel => ({
  kernel,
  key: `${kernel.inChannels}/${kernel.outChannels}`,
  family: "family",
  latency_s,
  relativeHalfWidth: 0.01,
  observations: 1,
  flags: [],
  rows: [row],
});

type Truth = (x: number, y: number) => number;

/** The four corners of 8..128 x 8..256 and `count` scattered widths between them. */
function design(truth: Truth, { count = 30, noise = 0, seed = 1 } = {}): readonly MeasuredKernel[] {
  const random = seededRandom(seed);
  const corners = [8, 128].flatMap((x) => [8, 256].map((y) => ({ x, y })));
  const inner = Array.from({ length: count }, () => ({
    x: 4 * (2 + random.below(31)),
    y: 4 * (2 + random.below(63)),
  }));
  const places = new Map([...corners, ...inner].map((place) => [`${place.x}/${place.y}`, place]));
  return [...places.values()].map(({ x, y }, row) =>
    measured(
      { ...convolution, inChannels: x, outChannels: y },
      truth(x, y) * (1 + noise * random.normal()),
      row,
    ),
  );
}

const cached: Truth = (x, y) => 2e-6 + 1e-10 * x * y * (1 + 0.4 * Math.min(1, (x * y) / 20_000));
const up = (width: number) => Math.ceil(width / 16) * 16;
const asked = fc.record({
  x: fc.integer({ min: 8, max: 128 }),
  y: fc.integer({ min: 8, max: 256 }),
});

describe("a family's cost surface", () => {
  test("answers within 3 % between the widths of a smooth but not bilinear cost", () => {
    const surface = fitSurface(design(cached));

    fc.assert(
      fc.property(asked, ({ x, y }) => {
        const error = Math.abs((surface.at({ x, y })?.latency_s ?? 0) / cached(x, y) - 1);
        return error < 0.03;
      }),
      { seed: 2 },
    );
  });

  test("has intervals that hold the truth for at least nine of ten widths under noise", () => {
    const surface = fitSurface(design(cached, { noise: 0.02 }));
    const random = seededRandom(3);
    const hits = Array.from({ length: 200 }, () => {
      const [x, y] = [8 + random.below(121), 8 + random.below(249)];
      const point = surface.at({ x, y });
      const error = Math.abs((point?.latency_s ?? 0) / cached(x, y) - 1);
      return error <= (point?.relativeHalfWidth ?? 0);
    });

    expect(hits.filter(Boolean).length).toBeGreaterThanOrEqual(180);
  });

  test("grows along both axes where the measured costs grow", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 30 }), fc.constantFrom(0, 0.005), (seed, noise) => {
        const surface = fitSurface(design(cached, { noise, seed }));
        const random = seededRandom(seed);
        for (let i = 0; i < 50; i++) {
          const [x, y] = [8 + random.below(121), 8 + random.below(249)];
          const here = surface.at({ x, y })?.latency_s ?? 0;
          const right = surface.at({ x: x + 1, y })?.latency_s ?? Number.POSITIVE_INFINITY;
          const over = surface.at({ x, y: y + 1 })?.latency_s ?? Number.POSITIVE_INFINITY;
          expect(Math.min(right, over)).toBeGreaterThanOrEqual(here * (1 - 1e-12));
        }
      }),
      { seed: 4, numRuns: 12 },
    );
  });

  test("gives measured widths their measured cost", () => {
    const kernels = design(cached);
    const surface = fitSurface(kernels);

    for (const { kernel, latency_s } of kernels)
      expect(surface.at({ x: kernel.inChannels, y: kernel.outChannels })?.latency_s).toBeCloseTo(
        latency_s,
        12,
      );
  });

  test("is flat over the treads of a staircase and names the step", () => {
    const surface = fitSurface(design((x, y) => 2e-6 + 1e-10 * x * up(y)));

    expect(surface.structure.steps).toEqual({ in: 1, out: 16 });
    const tread = Array.from(
      { length: 16 },
      (_, i) => surface.at({ x: 64, y: 113 + i })?.latency_s,
    );
    expect(new Set(tread).size).toBe(1);
    expect(tread[0]).toBeCloseTo(2e-6 + 1e-10 * 64 * 128, 9);
    expect(surface.at({ x: 64, y: 129 })?.latency_s).toBeGreaterThan(tread[0] ?? 0);
  });

  test("answers widths on and off the lanes from those of their kind", () => {
    const laned: Truth = (x, y) => (2e-6 + 1e-10 * x * y) * (x % 8 === 0 ? 1 : 2);
    const surface = fitSurface(design(laned, { count: 60 }));

    expect(surface.structure.lanes).toEqual({ in: 8, out: 1 });
    for (const x of [24, 25, 63, 64, 65])
      expect((surface.at({ x, y: 100 })?.latency_s ?? 0) / laned(x, 100)).toBeCloseTo(1, 1);
  });

  test("never answers outside the measured hull, and never zero or less inside", () => {
    const place = fc.record({
      x: fc.integer({ min: 1, max: 300 }),
      y: fc.integer({ min: 1, max: 300 }),
      cost: fc.double({ min: 1e-7, max: 1e-2, noNaN: true }),
    });
    fc.assert(
      fc.property(
        fc.uniqueArray(place, {
          minLength: 1,
          maxLength: 12,
          selector: ({ x, y }) => `${x}/${y}`,
        }),
        asked,
        (places, { x, y }) => {
          const surface = fitSurface(
            places.map((at) =>
              measured({ ...convolution, inChannels: at.x, outChannels: at.y }, at.cost),
            ),
          );

          const point = surface.at({ x, y });

          if (point) expect(point.latency_s).toBeGreaterThan(0);
          if (Math.max(...places.map((at) => at.x)) < x) expect(point).toBeUndefined();
          if (Math.min(...places.map((at) => at.y)) > y) expect(point).toBeUndefined();
        },
      ),
      { seed: 6, numRuns: 150 },
    );
  });

  test("has one axis for operations that keep the channel count", () => {
    const depthwise = (channels: number): Kernel => ({
      ...convolution,
      op: "depthwise_conv2d",
      inChannels: channels,
      outChannels: channels,
      groups: channels,
    });
    const surface = fitSurface([8, 16, 32, 64].map((c) => measured(depthwise(c), 1e-6 + c * 1e-8)));

    expect(surface.at({ x: 24, y: 1 })?.latency_s).toBeCloseTo(1e-6 + 24e-8, 12);
    expect(surface.at({ x: 65, y: 1 })).toBeUndefined();
    expect(surface.staircases.map(({ axis }) => axis)).toEqual(["in"]);
  });

  test("is wide between two measured widths that differ much", () => {
    const kernels = [8, 16].map((y) => measured({ ...convolution, outChannels: y }, y * 1e-6));

    const point = fitSurface(kernels).at({ x: 8, y: 12 });

    expect(point?.latency_s).toBeCloseTo(12e-6, 12);
    expect(point?.relativeHalfWidth).toBeCloseTo(0.51, 6);
  });
});
