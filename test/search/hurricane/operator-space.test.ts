import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { chooseOperators, type LayerOperator, type SpaceOptions } from "../../../search/index.ts";
import { solveSelection } from "../../../search/selection/solve.ts";
import { UserError } from "../../../src/errors.ts";

const operator = fc.record({
  macs: fc.integer({ min: 1, max: 1e9 }),
  params: fc.integer({ min: 1, max: 1e7 }),
  cost: fc.double({ min: 1e-6, max: 1, noNaN: true }),
});
const pools = fc
  .array(operator, { minLength: 2, maxLength: 12 })
  .map((pool) => pool.map((each, i): LayerOperator => ({ name: `op${i}`, ...each })));
const namesOf = (pool: readonly LayerOperator[], options: SpaceOptions): readonly string[] =>
  (chooseOperators([pool], options)[0] ?? []).map(({ name }) => name);

describe("the operators chosen for a layer", () => {
  test("do not depend on the unit of cost", () => {
    fc.assert(
      fc.property(pools, (pool) => {
        // A power of two scales without rounding.
        const scaled = pool.map((each) => ({ ...each, cost: 1024 * each.cost }));
        expect(namesOf(scaled, { size: 2 })).toEqual(namesOf(pool, { size: 2 }));
      }),
    );
  });

  test("are the largest where all cost the same", () => {
    fc.assert(
      fc.property(pools, (pool) => {
        const flat = pool.map((each) => ({ ...each, cost: 1e-3 }));
        const bySize = [...flat].sort((a, b) => b.macs - a.macs).map(({ name }) => name);
        expect(namesOf(flat, { size: 2 })).toEqual(bySize.slice(0, 2));
      }),
    );
  });

  test("are the whole pool where as many are asked for", () => {
    fc.assert(
      fc.property(pools, (pool) => {
        expect([...namesOf(pool, { size: pool.length })].sort()).toEqual(
          pool.map(({ name }) => name).sort(),
        );
      }),
    );
  });

  test("include the cheapest if told to, and no more of them", () => {
    fc.assert(
      fc.property(pools, (pool) => {
        const [chosen = []] = chooseOperators([pool], { size: 2, keepsCheapest: true });
        expect(chosen).toHaveLength(2);
        expect(Math.min(...chosen.map(({ cost }) => cost))).toBe(
          Math.min(...pool.map(({ cost }) => cost)),
        );
      }),
    );
  });

  test("follow parameters where MACs have no share", () => {
    const pool = [
      { name: "wide", macs: 10, params: 90, cost: 1 },
      { name: "deep", macs: 90, params: 10, cost: 1 },
    ];
    expect(namesOf(pool, { size: 1, macsShare: 0 })).toEqual(["wide"]);
    expect(namesOf(pool, { size: 1 })).toEqual(["deep"]);
  });

  test.each([
    ["a cost of 0", { cost: 0 }, 1, "expected more than 0"],
    ["a negative cost", { cost: -0.03 }, 1, "costs -0.03 in layer 1"],
    ["more operators than there are", { cost: 1 }, 2, "2 operators asked for of the 1"],
    ["half an operator", { cost: 1 }, 0.5, "0.5 operators"],
  ])("%s is refused", (_, { cost }, size, message) => {
    const choose = () => chooseOperators([[{ name: "a", macs: 1, params: 1, cost }]], { size });
    expect(choose).toThrow(UserError);
    expect(choose).toThrow(message);
  });
});

/** HayeonLee/HELP (MIT), FBNet's blocks on 27 device settings, as one table of milliseconds per layer and operator. */
interface HelpTables {
  readonly ops: readonly string[];
  readonly macs: readonly (readonly number[])[];
  readonly params: readonly (readonly number[])[];
  readonly devices: Readonly<Record<string, { readonly table: readonly (readonly number[])[] }>>;
}

const file = ["../../../../../shared", "../../../../shared"]
  .map((shared) => join(import.meta.dirname, shared, "data/lut/help_fbnet_27dev.json"))
  .find(existsSync);
const read = (): HelpTables =>
  file ? JSON.parse(readFileSync(file, "utf8")) : { ops: [], macs: [], params: [], devices: {} };

describe.skipIf(!file)(
  `HELP's tables${file ? "" : " (needs shared/data/lut/help_fbnet_27dev.json)"}`,
  () => {
    const { ops, macs, params, devices } = read();
    // The last operator is to skip the block.
    const poolsOf = (device: string): readonly (readonly LayerOperator[])[] =>
      (devices[device]?.table ?? []).map((costs, layer) =>
        ops.slice(0, -1).map((name, op) => ({
          name,
          macs: macs[layer]?.[op] ?? Number.NaN,
          params: params[layer]?.[op] ?? Number.NaN,
          cost: costs[op] ?? Number.NaN,
        })),
      );
    const isSound = (device: string): boolean =>
      poolsOf(device).every((pool) => pool.every(({ cost }) => cost > 0));
    const spaceOf = (device: string) =>
      chooseOperators(poolsOf(device), { size: 4 }).map((chosen) => chosen.map(({ name }) => name));
    const everything = macs.map(() => ops.slice(0, -1));

    /** Most MMACs within the latency of a block drawn at random in every layer; absent where nothing is as fast. */
    function capacity(device: string, space: readonly (readonly string[])[]): number | undefined {
      const layers = poolsOf(device);
      const allowed = layers.map((pool, i) => pool.filter(({ name }) => space[i]?.includes(name)));
      const limit = layers.flat().reduce((sum, { cost }) => sum + cost / (ops.length - 1), 0);
      const { choice, isProved } = solveSelection({
        gains: allowed.map((pool) => Float64Array.from(pool, (each) => each.macs / 1e6)),
        present: allowed.map(() => 0),
        terms: allowed.map((pool, variable) => ({
          variables: [variable],
          costs: ([level = 0]) => Float64Array.of(pool[level]?.cost ?? Number.NaN),
        })),
        constant: Float64Array.of(0),
        limits: Float64Array.of(limit),
        conditions: [],
      });
      expect(isProved).toBe(true);
      return choice?.gain;
    }

    // Layers of 22 in which an operator is chosen, computed elsewhere from the same file.
    test.each([
      ["pixel3", { k3_e1: 22, k3_e3: 21, k3_e6: 21, k5_e1: 18, k5_e6: 0 }],
      ["raspi4", { k3_e3: 21, k5_e3: 19, k3_e6: 17, k3_e1: 12 }],
      ["eyeriss", { k3_e3: 22, k5_e3: 18, k3_e6: 17, k5_e6: 16 }],
      ["fpga", { k5_e3: 22, k5_e6: 22, k5_e1: 20, k5_e1_g2: 14 }],
      ["2080ti_1", { k3_e3: 22, k3_e6: 22, k5_e3: 22, k5_e6: 22 }],
    ])("give %s the operators that fit it", (device, counts) => {
      const chosen = spaceOf(device).flat();
      for (const [name, layers] of Object.entries(counts))
        expect([name, chosen.filter((each) => each === name).length]).toEqual([name, layers]);
    });

    const others = ["pixel3", "raspi4", "eyeriss", "fpga", "2080ti_1"];
    // Columns: whose operators, then all of them. Computed elsewhere; up to 2 % below the proved optimum and never above it, as
    // rounding latencies up to steps would give.
    test.each([
      ["pixel3", [83.2, 79.0, 78.8, 70.1, 78.0, 83.8]],
      ["raspi4", [89.6, 88.7, 87.3, 75.8, 81.1, 89.6]],
      ["eyeriss", [75.2, 72.1, 72.0, 74.0, 68.0, 77.2]],
      ["fpga", [68.1, 71.8, 65.9, 76.8, undefined, 76.8]],
      ["2080ti_1", [125.6, 125.0, 135.4, 151.9, 151.9, 151.9]],
    ])("lose capacity on %s with another device's operators", (device, expected) => {
      const found = [...others.map(spaceOf), everything].map((space) => capacity(device, space));
      for (const [i, least] of expected.entries()) {
        if (least === undefined) expect(found[i]).toBeUndefined();
        else {
          expect(found[i]).toBeGreaterThanOrEqual(least - 0.05);
          expect(found[i]).toBeLessThanOrEqual(1.02 * least);
        }
      }
    });

    test("keep 90.5 % of the capacity with their own operators, but for four of the 23 sound ones", () => {
      const sound = Object.keys(devices).filter(isSound);
      const short = sound.filter((device) => {
        const [own = 0, all = 0] = [spaceOf(device), everything].map((s) => capacity(device, s));
        return own < 0.905 * all;
      });
      expect(sound).toHaveLength(23);
      expect(short).toEqual(["gold_6240", "pixel2", "silver_4114", "silver_4210r"]);
    });

    test("are refused where the fit gave an operator no cost", () => {
      expect(Object.keys(devices).filter((device) => !isSound(device))).toEqual([
        "essential_ph_1",
        "gold_6226",
        "samsung_a50",
        "samsung_s7",
      ]);
      expect(() => spaceOf("gold_6226")).toThrow("expected more than 0");
    });
  },
);
