import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { describeCosts } from "../../../energy-db/fit/describe-costs.ts";
import { type Kernel, kernelsOf } from "../../../src/network/kernel.ts";
import { seededRandom } from "../../../src/random.ts";
import {
  drawnChains,
  packedPlatform,
  pointwiseChain,
  trueLatency,
} from "../../support/packed-platform.ts";

interface Excerpt {
  readonly rows: readonly (readonly [number, number, number])[];
}
const bitFusion = JSON.parse(
  readFileSync(join(import.meta.dirname, "../fixtures/bitfusion-excerpt.json"), "utf8"),
) as Excerpt;

const kernelAt = (inChannels: number, outChannels: number): Kernel => {
  const [, second] = kernelsOf(pointwiseChain([inChannels, outChannels]));
  if (!second) throw new Error("The chain has two kernels");
  return second.kernel;
};

interface Time {
  readonly x: number;
  readonly y: number;
  readonly time_s: number;
}

/** What a table of kernels timed alone shows, along "in" and "out". */
function stairsOf(times: readonly Time[]) {
  const kernels = times.map(({ x, y, time_s }) => ({ kernel: kernelAt(x, y), time_s, nodes: 0 }));
  const { families } = describeCosts({ networks: [], kernels, protocol: 2 });
  const along = (axis: "in" | "out") =>
    families[0]?.stairs.find((staircase) => staircase.axis === axis);
  return { in: along("in"), out: along("out") };
}

/** Scattered widths: input channels of 4 to 320, output channels of 4 to 640, in steps of 4, unless told. */
function scattered(
  cost: (x: number, y: number) => number,
  { count = 80, noise = 0, seed = 1, apart = 4, widest = 320 } = {},
): readonly Time[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => {
    const x = apart * (1 + random.below(widest / apart));
    const y = apart * (1 + random.below((2 * widest) / apart));
    return { x, y, time_s: cost(x, y) * (1 + noise * random.normal()) };
  });
}

const up = (width: number, step: number) => Math.ceil(width / step) * step;

describe("stairs", () => {
  test("of 32 output channels are found in the BitFusion simulator's latency and energy", () => {
    for (const column of [1, 2] as const) {
      const found = stairsOf(
        bitFusion.rows.map((row) => ({ x: 192, y: row[0], time_s: row[column] / 1e3 })),
      );

      expect(found.in?.step).toBeUndefined();
      expect(found.out?.step).toBe(32);
      expect(found.out?.confidence).toBeGreaterThan(0.99);
    }
  });

  test.each([8, 16, 32, 64])(
    "of %i channels are found on scattered widths, along either axis",
    (step) => {
      for (const axis of ["in", "out"] as const) {
        const found = stairsOf(
          scattered((x, y) =>
            axis === "in" ? 2e-6 + 1e-10 * up(x, step) * y : 2e-6 + 1e-10 * x * up(y, step),
          ),
        );

        expect(found[axis]?.step).toBe(step);
        expect(found[axis === "in" ? "out" : "in"]?.step).toBeUndefined();
      }
    },
  );

  test("are found along both axes under 1 % of noise", () => {
    const found = stairsOf(
      scattered((x, y) => 2e-6 + 1e-10 * up(x, 16) * up(y, 16), { noise: 0.01 }),
    );

    expect([found.in?.step, found.out?.step]).toEqual([16, 16]);
    expect(found.out?.confidence).toBeGreaterThan(0.95);
  });

  test("of output channels alone leave any width of the input as it is, also below a candidate", () => {
    for (const seed of [1, 2, 3, 4]) {
      const found = stairsOf(
        scattered((x, y) => 2e-6 + 1e-10 * x * up(y, 8), {
          noise: 0.002,
          apart: 1,
          widest: 48,
          count: 160,
          seed,
        }),
      );

      expect(found.in?.step).toBeUndefined();
      expect(found.in?.confidence).toBeGreaterThan(0.95);
      expect(found.out?.step).toBe(8);
      expect(found.out?.confidence).toBeGreaterThan(0.95);
    }
  });

  test("are found in whole networks, where the runtime times no kernel", () => {
    const networks = drawnChains(80, 1).map((network) => ({
      kernels: kernelsOf(network).map(({ kernel }) => kernel),
      latency_s: trueLatency(network, packedPlatform),
      relativeSd: 0.01,
    }));

    const { families } = describeCosts({ networks, kernels: [], protocol: 2 });
    const found = families.find(({ example }) => example.inHeight === 8)?.stairs;

    expect(found?.find(({ axis }) => axis === "out")).toMatchObject({ step: 16 });
  });

  test("are not found where cost is smooth, whatever the noise", () => {
    for (const seed of [1, 2, 3, 4]) {
      const found = stairsOf(scattered((x, y) => 2e-6 + 1e-10 * x * y, { noise: 0.02, seed }));

      expect(found.in?.step).toBeUndefined();
      expect(found.out?.step).toBeUndefined();
    }
  });

  test("are not claimed from too few widths", () => {
    const found = stairsOf([16, 32, 48].map((y) => ({ x: 16, y, time_s: 1e-6 * y })));

    expect(found.out).toEqual({ axis: "out", widths: 3 });
  });

  test("are surer where the operation's other kernels show the same ones, and never by themselves", () => {
    const noisy = scattered((x, y) => 2e-6 + 1e-11 * up(x, 16) * up(y, 16), {
      count: 40,
      noise: 0.12,
    });
    const plain = scattered((x, y) => 2e-6 + 1e-10 * x * y, { count: 60, noise: 0.01 });
    const alone = confidenceOf(noisy, []);

    const company = [8, 12, 16].map((size) =>
      scattered((x, y) => 2e-6 + 1e-10 * up(x, 16) * up(y, 16), {
        count: 60,
        noise: 0.01,
        seed: size,
      }),
    );
    expect(confidenceOf(noisy, company)).toBeGreaterThan(alone);
    expect(confidenceOf(plain, company)).toBeLessThan(0.5);
  });

  test("are denied to one family among many that have them, and granted to one that cannot tell", () => {
    const stairs = (x: number, y: number) => 2e-6 + 1e-10 * up(x, 16) * up(y, 16);
    const company = [20, 24, 28, 32].map((size) =>
      scattered(stairs, { count: 60, noise: 0.01, seed: size }),
    );
    for (const seed of [1, 2]) {
      const smooth = scattered((x, y) => 2e-6 + 1e-10 * x * y, { count: 60, noise: 0.01, seed });
      const blind = scattered(stairs, { count: 40, noise: 0.5, seed });

      expect(confidenceOf(smooth, company)).toBeLessThan(0.95);
      const granted = foundBeside(blind, company);
      expect(granted?.step).toBe(16);
      expect(granted?.confidence).toBeGreaterThan(0.95);
      expect(granted?.ownConfidence).toBeLessThan(0.95);
    }
  });
});

/** Belief in steps of 16 output channels of the first kernels, at 8x8 pixels, beside others at other sizes. */
function confidenceOf(times: readonly Time[], others: readonly (readonly Time[])[]): number {
  const found = foundBeside(times, others);
  return found?.step === 16 ? (found.confidence ?? 0) : 0;
}

function foundBeside(times: readonly Time[], others: readonly (readonly Time[])[]) {
  const kernels = [times, ...others].flatMap((family, i) =>
    family.map(({ x, y, time_s }) => ({
      kernel: { ...kernelAt(x, y), inHeight: 8 + i, inWidth: 8 + i },
      time_s,
      nodes: 0,
    })),
  );
  const { families } = describeCosts({ networks: [], kernels, protocol: 2 });
  return families[0]?.stairs.find(({ axis }) => axis === "out");
}
