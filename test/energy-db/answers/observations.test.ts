import { describe, expect, test } from "vitest";
import { drawTogether, weightedMedian } from "../../../energy-db/answers/observations.ts";
import type { StoredKernelMeasurement } from "../../../energy-db/index.ts";
import type { QualityFlag } from "../../../energy-db/records.ts";
import { kernelsOf } from "../../../src/network/kernel.ts";
import { chain, estimateOf } from "../example-rows.ts";

const [kernel] = kernelsOf(chain(16, 32)).map((layer) => layer.kernel);

function observed(id: number, latency_s: number, flags: readonly QualityFlag[] = []) {
  if (!kernel) throw new Error("The chain has kernels");
  return {
    id,
    sessionId: 1,
    protocol: 2,
    provenance: "measured",
    method: "in-context",
    space: "chain",
    layer: "conv1",
    measuredAt: "2026-01-01T00:00:00Z",
    kernel,
    latency: latency_s > 0 ? estimateOf(latency_s) : { ...estimateOf(1), latency_s: 0 },
    flags,
  } satisfies StoredKernelMeasurement;
}

describe("weightedMedian", () => {
  test("is the median where weights are equal", () => {
    const equal = (values: readonly number[]) => values.map((value) => ({ value, weight: 1 }));

    expect(weightedMedian(equal([3, 1, 2]))).toBe(2);
    expect(weightedMedian(equal([4, 1, 3, 2]))).toBe(2.5);
  });

  test("follows the heavier side", () => {
    expect(
      weightedMedian([
        { value: 1, weight: 1 },
        { value: 2, weight: 1 },
        { value: 9, weight: 5 },
      ]),
    ).toBe(9);
  });
});

describe("drawTogether", () => {
  test("takes the median over networks and keeps every row's id", () => {
    const [drawn] = drawTogether([observed(1, 1e-5), observed(2, 1.2e-5), observed(3, 1.1e-5)]);

    expect(drawn?.latency_s).toBe(1.1e-5);
    expect(drawn?.observations).toBe(3);
    expect(drawn?.rows).toEqual([1, 2, 3]);
  });

  test("lets throttled rows count less than clean ones", () => {
    const rows = [
      observed(1, 1e-5),
      observed(2, 3e-5, ["throttled"]),
      observed(3, 3e-5, ["throttled"]),
    ];

    const [drawn] = drawTogether(rows);

    expect(drawn?.latency_s).toBe(1e-5);
    expect(drawn?.flags).toEqual(["throttled"]);
  });

  test("adds the spread between networks to the interval of the measurements", () => {
    const steady = drawTogether([1, 2, 3].map((id) => observed(id, 1e-5)));
    const wandering = drawTogether([9e-6, 1e-5, 1.1e-5].map((time, id) => observed(id, time)));

    expect(steady[0]?.relativeHalfWidth).toBeCloseTo(0.01 / Math.sqrt(3), 6);
    expect(wandering[0]?.relativeHalfWidth).toBeGreaterThan(0.1);
  });

  test("leaves out times of zero", () => {
    expect(drawTogether([observed(1, 0)])).toEqual([]);
  });
});
