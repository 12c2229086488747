import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  integrate,
  type MeterSample,
  type Rail,
  ticksWithin,
  updatePeriod,
} from "../../devices/index.ts";

const counter: Rail = {
  id: "package",
  label: "package-0",
  kind: "energy-counter",
  domain: "package",
  counted: true,
  wrap_j: 262143.32885,
  maxPower_w: 500,
};
const powerRail: Rail = { ...counter, kind: "power" };

const energyOf = (rails: readonly Rail[], samples: readonly MeterSample[], window: Window) => {
  const energy = integrate(rails, samples, window);
  if (!energy.ok) throw new Error(energy.reason);
  return energy.energy_j;
};

interface Window {
  readonly from_s: number;
  readonly to_s: number;
}

/** Moments in order with a power at each, and a window inside. */
const powers = fc
  .record({
    // Not so different that one of them is a hole.
    gaps_s: fc.array(fc.double({ min: 0.25, max: 1, noNaN: true }), {
      minLength: 2,
      maxLength: 20,
    }),
    powers_w: fc.array(fc.double({ min: 0.1, max: 400, noNaN: true }), {
      minLength: 21,
      maxLength: 21,
    }),
    edges: fc.tuple(
      fc.double({ min: 0, max: 0.45, noNaN: true }),
      fc.double({ min: 0.55, max: 1, noNaN: true }),
    ),
  })
  .map(({ gaps_s, powers_w, edges }) => {
    let now_s = 0;
    const times_s = [0, ...gaps_s.map((gap_s) => (now_s += gap_s))];
    return {
      times_s,
      powers_w: powers_w.slice(0, times_s.length),
      window: { from_s: edges[0] * now_s, to_s: edges[1] * now_s },
    };
  });

/** The exact energy of a power given at moments: constant until the next, or straight lines between them. */
function analyticEnergy(
  times_s: readonly number[],
  powers_w: readonly number[],
  { from_s, to_s }: Window,
  shape: "constant" | "linear",
): number {
  let energy_j = 0;
  for (const [i, end_s] of times_s.entries()) {
    const start_s = times_s[i - 1];
    const [before_w, after_w] = [powers_w[i - 1], powers_w[i]];
    if (start_s === undefined || before_w === undefined || after_w === undefined) continue;
    const slope = shape === "constant" ? 0 : (after_w - before_w) / (end_s - start_s);
    const [low_s, high_s] = [Math.max(start_s, from_s), Math.min(end_s, to_s)];
    if (high_s <= low_s) continue;
    const primitive = (t: number): number =>
      before_w * (t - start_s) + (slope * (t - start_s) ** 2) / 2;
    energy_j += primitive(high_s) - primitive(low_s);
  }
  return energy_j;
}

/** What a counter shows that starts at some value and wraps. */
function countersOf(times_s: readonly number[], powers_w: readonly number[], start_j: number) {
  let energy_j = start_j;
  return times_s.map((time_s, i): MeterSample => {
    const before_s = times_s[i - 1];
    if (before_s !== undefined) energy_j += (powers_w[i - 1] ?? 0) * (time_s - before_s);
    return { rail: "package", time_s, energy_j: energy_j % (counter.wrap_j ?? 1) };
  });
}

describe("the integral over a window", () => {
  it("is the analytic one for power that is linear between readings", () => {
    fc.assert(
      fc.property(powers, ({ times_s, powers_w, window }) => {
        const samples = times_s.map((time_s, i) => ({
          rail: "package",
          time_s,
          power_w: powers_w[i] ?? 0,
        }));

        const exact_j = analyticEnergy(times_s, powers_w, window, "linear");
        expect(energyOf([powerRail], samples, window) / exact_j).toBeCloseTo(1, 9);
      }),
    );
  });

  it("is the same for current and voltage as for their product", () => {
    fc.assert(
      fc.property(powers, ({ times_s, powers_w, window }) => {
        const rail: Rail = { ...counter, kind: "current-voltage" };
        const samples = times_s.map((time_s, i) => ({
          rail: "package",
          time_s,
          current_a: (powers_w[i] ?? 0) / 5,
          voltage_v: 5,
        }));

        const exact_j = analyticEnergy(times_s, powers_w, window, "linear");
        expect(energyOf([rail], samples, window) / exact_j).toBeCloseTo(1, 9);
      }),
    );
  });

  it("is the analytic one for a counter and power that is constant between readings, over a wrap too", () => {
    fc.assert(
      fc.property(powers, fc.boolean(), ({ times_s, powers_w, window }, wraps) => {
        // The first reading is not known to be a tick: one before it is.
        const moments_s = [-1, ...times_s];
        const drawn_w = [1, ...powers_w];
        const samples = countersOf(moments_s, drawn_w, wraps ? 262143 : 0);

        const exact_j = analyticEnergy(times_s, powers_w, window, "constant");
        expect(energyOf([counter], samples, window) / exact_j).toBeCloseTo(1, 5);
      }),
    );
  });

  it("takes an average for the time before it", () => {
    const samples = [10, 20, 30].map((power_w, time_s) => ({ rail: "package", time_s, power_w }));
    const averaged = { ...powerRail, averaging_s: 1 };

    expect(energyOf([averaged], samples, { from_s: 0, to_s: 2 })).toBe(50);
  });

  it("takes a charge counter at the voltage it was read at", () => {
    const rail: Rail = { ...counter, kind: "charge-counter" };
    const samples = [0, 1, 2, 3].map((time_s) => ({
      rail: "package",
      time_s,
      charge_c: 2 * time_s,
      voltage_v: 4,
    }));

    expect(energyOf([rail], samples, { from_s: 1, to_s: 3 })).toBeCloseTo(16, 12);
  });

  it("does not depend on readings that came in bursts with the same time", () => {
    const steady = countersOf([0, 1, 2, 3, 4], [10, 10, 10, 10, 10], 0);
    const bursts = steady.flatMap((sample) => [
      { ...sample, energy_j: (sample.energy_j ?? 0) - 1e-3 },
      sample,
    ]);
    const window = { from_s: 1.5, to_s: 3.5 };

    expect(energyOf([counter], bursts, window)).toBeCloseTo(energyOf([counter], steady, window), 9);
  });

  it("sums rails, and never one with another that contains it", () => {
    const rails: readonly Rail[] = [
      { ...powerRail, id: "board", includes: ["package"] },
      { ...powerRail, id: "package" },
      { ...powerRail, id: "dram" },
      { ...powerRail, id: "cores", counted: false },
    ];
    const samples = rails.flatMap(({ id }) =>
      [0, 1].map((time_s) => ({ rail: id, time_s, power_w: 10 })),
    );

    expect(energyOf(rails, samples, { from_s: 0, to_s: 1 })).toBe(20);
  });

  it("undoes wraps per rail, with that rail's own size", () => {
    const rails: readonly Rail[] = [
      { ...counter, id: "package", wrap_j: 100, maxPower_w: 50 },
      { ...counter, id: "dram", wrap_j: 60, maxPower_w: 50 },
    ];
    const readings = { package: [97, 98, 1], dram: [57, 58, 3] };
    const samples = Object.entries(readings).flatMap(([rail, counts]) =>
      counts.map((energy_j, time_s) => ({ rail, time_s, energy_j })),
    );

    expect(energyOf(rails, samples, { from_s: 1, to_s: 2 })).toBe(3 + 5);
  });

  it.each([
    ["a counter of unknown size fell", { wrap_j: undefined }, [5, 6, 1, 2], /size/],
    [
      "it would take more power than the rail can draw",
      { maxPower_w: 10 },
      [0, 1, 400, 401],
      /plausible/,
    ],
    ["a counter stood still", {}, [5, 5, 5, 5], /still/],
    ["readings do not cover the window", {}, [0, 1], /still|window/],
    [
      "a counter may have wrapped more than once",
      { wrap_j: 1, maxPower_w: 500 },
      [0, 0.5, 0.2, 0.4],
      /more than once/,
    ],
  ])("is unknown when %s", (_, differing, counts, reason) => {
    const { wrap_j, ...rail } = { ...counter, ...differing };
    const samples = counts.map((energy_j, time_s) => ({ rail: "package", time_s, energy_j }));

    const energy = integrate([wrap_j === undefined ? rail : { ...rail, wrap_j }], samples, {
      from_s: 1,
      to_s: 3,
    });

    expect(energy).toEqual({ ok: false, reason: expect.stringMatching(reason) });
  });
});

describe("a gap between readings", () => {
  /** Read every 10 ms, but not between these moments. */
  const without = (from_s: number, to_s: number): readonly number[] =>
    Array.from({ length: 1201 }, (_, i) => i / 100 - 1).filter(
      (time_s) => time_s <= from_s || time_s >= to_s,
    );
  const window = { from_s: 0, to_s: 10 };
  const read = (times_s: readonly number[]) =>
    integrate(
      [powerRail],
      times_s.map((time_s) => ({ rail: "package", time_s, power_w: 10 })),
      window,
    );

  it.each([
    ["in a window's middle", 0.1, 9.9],
    ["at its start", -0.5, 0.5],
    ["at its end", 9.9, 10.5],
    ["of six periods", 4, 4.06],
  ])("%s leaves no energy of power", (_, from_s, to_s) => {
    expect(read(without(from_s, to_s))).toEqual({
      ok: false,
      reason: expect.stringMatching(/was not read for/),
    });
  });

  it("of few periods, or outside the window, is none", () => {
    expect(read(without(4, 4.04))).toMatchObject({ ok: true, energy_j: expect.closeTo(100, 9) });
    expect(read(without(-0.9, -0.1))).toMatchObject({ ok: true });
  });

  it("is told by the window's own reading period, where work keeps readings waiting", () => {
    const idle = Array.from({ length: 101 }, (_, i) => i / 100 - 1);
    const busy = Array.from({ length: 56 }, (_, i) => (i + 1) / 5);

    expect(read([...idle, ...busy])).toMatchObject({ ok: true });
  });

  it("is told by all readings where the window holds few", () => {
    const idle = Array.from({ length: 101 }, (_, i) => i / 100 - 1);

    expect(read([...idle, 0.1, 10, 10.01])).toMatchObject({ ok: false });
  });

  it("does no harm to a counter, which counts meanwhile", () => {
    const times_s = without(0.1, 9.9);
    const samples = countersOf(
      times_s,
      times_s.map(() => 10),
      0,
    );

    expect(integrate([counter], samples, window)).toMatchObject({
      ok: true,
      energy_j: expect.closeTo(100, 6),
    });
  });

  it("is kept with the energy, and how many readings there were", () => {
    expect(read(without(4, 4.04))).toMatchObject({
      rails: [{ readings: 998, largestGap_s: expect.closeTo(0.04, 9) }],
    });
  });
});

describe("a power that shows the same number", () => {
  const read = (nominalPeriod_s: number, moves: boolean) =>
    integrate(
      [{ ...powerRail, nominalPeriod_s }],
      Array.from({ length: 1201 }, (_, i) => ({
        rail: "package",
        time_s: i / 100 - 1,
        power_w: moves && i > 600 ? 11 : 10,
      })),
      { from_s: 0, to_s: 10 },
    );

  it("over many update periods and a whole window is stale", () => {
    expect(read(0.5, false)).toEqual({ ok: false, reason: expect.stringMatching(/stale/) });
  });

  it("is no different from a steady one over few periods, or where it moves once", () => {
    expect(read(2, false)).toMatchObject({ ok: true });
    expect(read(0.5, true)).toMatchObject({ ok: true });
  });
});

describe("the ticks of a meter", () => {
  /** Ticks every 0.1 s, read every 0.03 s. */
  const samples = Array.from({ length: 100 }, (_, i) => ({
    rail: "package",
    time_s: 0.03 * i,
    energy_j: Math.floor(0.03 * i * 10 + 1e-9),
  }));

  it("show its update period", () => {
    expect(updatePeriod([counter], samples)).toBeCloseTo(0.1, 1);
  });

  it("move a window inwards onto the first and the last of them", () => {
    const window = ticksWithin([counter], samples, { from_s: 0.5, to_s: 2.5 });

    expect(window?.from_s).toBeCloseTo(0.51, 9);
    expect(window?.to_s).toBeCloseTo(2.4, 9);
  });

  it("are, of power, changes of value, and not how often it is read", () => {
    const gauge = Array.from({ length: 5000 }, (_, i) => ({
      rail: "package",
      time_s: i / 1000,
      power_w: 10 + Math.floor(i / 1000),
    }));

    expect(updatePeriod([powerRail], gauge)).toBeCloseTo(1, 6);
    expect(updatePeriod([{ ...powerRail, nominalPeriod_s: 1.5 }], gauge)).toBe(1.5);
  });

  it("are too few where a window holds only one", () => {
    expect(ticksWithin([counter], samples, { from_s: 0.5, to_s: 0.55 })).toBeUndefined();
    expect(updatePeriod([counter], samples.slice(0, 4))).toBeUndefined();
  });
});
