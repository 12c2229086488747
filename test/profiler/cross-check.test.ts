import { describe, expect, it } from "vitest";
import type { MeterRecord, Rail } from "../../devices/index.ts";
import { CrossCheck } from "../../profiler/energy/cross-check.ts";

const rails: readonly Rail[] = [
  {
    id: "gpu 0",
    label: "card",
    kind: "energy-counter",
    domain: "gpu",
    counted: true,
    maxPower_w: 2000,
  },
  {
    id: "gpu 0 power",
    label: "card",
    kind: "power",
    domain: "gpu",
    counted: false,
    checks: "gpu 0",
    maxPower_w: 2000,
    nominalPeriod_s: 0.1,
  },
];

/** A window of so many seconds, read ten times a second: what the counter and the power say that was drawn. */
const record = (length_s: number, counted_w: number, shown_w: number): MeterRecord => ({
  kind: "meter",
  samples: Array.from({ length: 10 * length_s + 21 }, (_, i) => i / 10 - 1).flatMap((time_s) => [
    { rail: "gpu 0", time_s, energy_j: 100 + counted_w * time_s },
    { rail: "gpu 0 power", time_s, power_w: shown_w + 0.01 * Math.sin(time_s) },
  ]),
  windows: [
    {
      kind: "idle",
      start_s: 0,
      end_s: length_s,
      batchEnd_s: new Float64Array(0),
      batchRuns: new Uint32Array(0),
    },
  ],
});

const warnings = (...records: readonly MeterRecord[]) => {
  const check = new CrossCheck();
  for (const one of records) check.add(rails, one);
  return check.warnings(rails);
};

describe("two readings of one supply", () => {
  it("that differ by more than a tenth are told of, as in zeus#181", () => {
    expect(warnings(record(5, 187 / 5, 327 / 5))).toEqual([
      expect.stringMatching(
        /gpu 0 and gpu 0 power .* differ by 75 %: 187\.0 J and 327\.0 J in 5 s/,
      ),
    ]);
  });

  it.each([
    ["agree within a tenth", record(10, 100, 108)],
    ["were read for less than five seconds", record(4, 100, 200)],
  ])("are not told of where they %s", (_, one) => {
    expect(warnings(one)).toEqual([]);
  });

  it("are summed over the windows of a session", () => {
    expect(warnings(record(4, 100, 120), record(4, 100, 120))).toEqual([
      expect.stringMatching(/differ by 20 %: 800\.0 J and 960\.0 J in 8 s/),
    ]);
  });
});
