import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { defectsAmong, defectsOf } from "../../energy-db/defects/defects.ts";
import type { ForeignRow, ForeignTable } from "../../energy-db/formats/foreign-table.ts";
import { findFormat } from "../../energy-db/formats/registry.ts";
import { seededRandom } from "../../src/random.ts";

const table = (rows: readonly Partial<ForeignRow>[]): ForeignTable => ({
  dialect: "",
  units: {},
  details: {},
  rows: rows.map((row, i) => ({ key: String(i), op: "conv2d", shape: {}, ...row })),
});
const found = (rows: readonly Partial<ForeignRow>[], device = "phone") =>
  defectsOf({ device, table: table(rows) });
const defects = (rows: readonly Partial<ForeignRow>[]) => found(rows).map(({ defect }) => defect);
const range = (length: number) => [...Array(length).keys()];

describe("defects of one table", () => {
  test("costs of nothing or less, which extrapolation gives", () => {
    expect(found([{ latency_s: -1e-6 }, { latency_s: 0 }, { latency_s: 1 }])).toEqual([
      {
        defect: "not positive",
        severity: "error",
        message: "2 rows cost nothing or less",
        rows: ["0", "1"],
      },
    ]);
  });

  test("whole milliseconds", () => {
    expect(defects(range(20).map((i) => ({ latency_s: (20 + i) / 1e3 })))).toContain("rounded");
    expect(defects(range(20).map((i) => ({ latency_s: (20 + i) / 1e3 + 1.23e-5 })))).toEqual([]);
  });

  test("energy that is time times one power", () => {
    expect(
      defects(
        range(12).map((i) => ({ latency_s: 1.1e-3 + 1e-5 * i, energy_j: 7 * (1.1e-3 + 1e-5 * i) })),
      ),
    ).toContain("constant power");
  });

  test("few runs, and runs that differ too much", () => {
    expect(defects([{ latency_s: 1.01e-3, samples: 2 }])).toEqual(["few samples"]);
    expect(defects([{ latency_s: 1.01e-3, latency_sd_s: 0.5e-3 }])).toEqual(["wide spread"]);
  });

  const shuffled = [17, 3, 11, 5, 19, 1, 13, 7, 0, 9, 16, 2, 14, 6, 18, 4, 12, 8, 15, 10];

  test("latency or energy that has nothing to do with work", () => {
    const latency = shuffled.map((to, i) => ({
      macs: 1e6 * (i + 1),
      latency_s: 1.0123e-3 * (to + 1),
    }));
    const energy = shuffled.map((to, i) => ({
      macs: 1e6 * (i + 1),
      latency_s: 1.0123e-3 * (i + 1),
      energy_j: 1.0123e-4 * (to + 1),
    }));

    expect(found(latency)[0]?.message).toMatch(/^latency of conv2d hardly follows/);
    expect(found(energy)[0]?.message).toMatch(/^energy of conv2d hardly follows/);
  });

  test("energy in another unit than its work allows", () => {
    // 133 pJ per multiply-accumulate is the median of a phone's processor (PlatformX, SEC'23).
    const of = (unit: number) =>
      range(20).map((i) => ({
        macs: 1e6 * (i + 1),
        latency_s: 1.0123e-3 * (i + 1) ** 1.1,
        energy_j: unit * 133e-12 * 1e6 * (i + 1),
      }));

    expect(defects(of(1))).toEqual([]);
    expect(defects(of(1e3))).toEqual(["cost of work"]);
    expect(defects(of(1e-3))).toEqual(["cost of work"]);
  });

  test("latencies computed between measured ones", () => {
    const between = (every: number) =>
      range(64).map((i) => {
        const knot = (at: number) => Math.sqrt(8 + at) * 1.0123e-3;
        const low = Math.floor(i / every) * every;
        const share = (i - low) / every;
        return {
          outChannels: i + 1,
          latency_s: knot(low) + share * (knot(low + every) - knot(low)),
        };
      });

    expect(defects(between(8))).toEqual(["interpolated"]);
    expect(defects(between(1))).toEqual([]);
  });

  test("no line is seen in the level stretches of stairs", () => {
    const stairs = range(64).map((i) => ({
      outChannels: 8 * (i + 1),
      latency_s: 1.0123e-3 + 1.7e-5 * Math.floor(i / 4) ** 1.1,
    }));
    expect(defects(stairs)).toEqual([]);
  });

  test("costs that leap from width to width", () => {
    const wild = range(40).map((i) => ({
      outChannels: 32 + i,
      latency_s: 1.0123e-3 * (i % 4 === 0 ? 9 : 1) * (1 + i / 100),
    }));
    expect(defects(wild)).toEqual(["jumps"]);
  });
});

test("every warning names the rows that it is about", () => {
  const all = [
    ...found(range(20).map((i) => ({ latency_s: (20 + i) / 1e3 }))),
    ...found(
      range(24).map((i) => ({
        macs: 1e6 * (i + 1),
        latency_s: 1.0123e-3 * (i + 1),
        energy_j: 70 * 1.0123e-3 * (i + 1),
      })),
    ),
    ...found(range(64).map((i) => ({ outChannels: i + 1, latency_s: 1.0123e-3 + 1.7e-5 * i }))),
  ];

  expect(all.map(({ defect, rows }) => [defect, rows.length])).toEqual([
    ["rounded", 20],
    ["constant power", 24],
    ["cost of work", 24],
    ["interpolated", 62],
  ]);
});

const networks = (latencies: readonly number[]) =>
  table(latencies.map((latency_s) => ({ op: "network", latency_s })));

describe("defects beside other devices", () => {
  test("rows of another device, to the last digit", () => {
    const own = table(range(4).map((i) => ({ latency_s: 1.2345678e-3 * (i + 1) })));
    expect(
      defectsOf({ device: "jetson", table: own }, [{ device: "note10", table: own }]),
    ).toMatchObject([
      { defect: "copied rows", message: "4 rows are those of note10, digit by digit" },
    ]);
  });

  const random = seededRandom(7);
  const work = range(300).map(() => 0.01 + 0.02 * random.uniform());
  const noisy = (factor: (i: number) => number) =>
    networks(work.map((time_s, i) => time_s * factor(i) * (1 + 0.02 * (random.uniform() - 0.5))));
  const others = range(6).map((i) => ({ device: `board ${i}`, table: noisy(() => 1 + i) }));
  const against = (factor: (i: number) => number, device = "phone") =>
    defectsOf({ device, table: noisy(factor) }, others);

  test("first networks that a device was warming up for", () => {
    const [warmUp] = against((i) => (i < 16 ? 2.9 : 1.2));
    expect(warmUp).toMatchObject({ defect: "warm-up" });
    expect(Math.abs((warmUp?.rows.length ?? 0) - 16)).toBeLessThanOrEqual(3);
  });

  test("a device that became slower along the list", () => {
    expect(against((i) => 1.4 + i / 1500).map(({ defect }) => defect)).toEqual(["drift"]);
    expect(against(() => 1.4)).toEqual([]);
  });

  test("an accelerator whose rows are those of a processor", () => {
    const cpu = [{ device: "pi5 cpu", table: noisy(() => 1) }];
    const defectOf = (device: string, factor: (i: number) => number) =>
      defectsOf({ device, table: noisy(factor) }, cpu).map(({ defect }) => defect);

    expect(defectOf("pixel, litert-npu", () => 1.02)).toEqual(["tracks a processor"]);
    expect(defectOf("pixel, litert-npu", (i) => 0.2 + (i % 7) / 10)).toEqual([]);
    expect(defectOf("pixel", () => 1.02)).toEqual([]);
  });
});

const folder = "../shared/data/tables";
const read = async (format: string, path: string) =>
  (await findFormat(format).read({ name: path, bytes: readFileSync(`${folder}/${path}`) })).map(
    (one) => ({ ...one, device: one.device ?? path }),
  );

describe.skipIf(!existsSync(folder))("defects of published tables (skip without ../shared)", () => {
  test("TF-NAS's are extrapolated and interpolated", async () => {
    const tables = await read("tf-nas", "tfnas/latency_cpu.pkl");
    const [defects = []] = defectsAmong(tables);

    expect(defects.map(({ defect }) => defect)).toEqual(
      expect.arrayContaining(["not positive", "interpolated"]),
    );
  });

  test("two phones of HELP warmed up and drifted, four were read in whole ms, and no GPU did either", async () => {
    const whole = await read("device-columns", "help/fbnet_latency_ms.csv");
    const tables = whole.map((table) => ({ ...table, rows: table.rows.slice(0, 1000) }));
    const all = defectsAmong(tables);
    const having = (defect: string) =>
      tables.flatMap(({ device }, i) =>
        all[i]?.some((one) => one.defect === defect) ? [device] : [],
      );

    expect(having("warm-up")).toEqual(["samsung_a50", "samsung_s7"]);
    expect(having("rounded")).toEqual(["essential_ph_1", "pixel2", "samsung_a50", "samsung_s7"]);
    expect(having("drift")).toContain("samsung_s7");
  });

  test("APQ's simulated table has no defect", async () => {
    const [table] = await read("apq", "apq_bitfusion/BitFusion_new.b1.json");
    expect(table && defectsAmong([table])).toEqual([[]]);
  });
});
