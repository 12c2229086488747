import { existsSync, readFileSync } from "node:fs";
import { assert, constantFrom, double, integer, property } from "fast-check";
import { describe, expect, test } from "vitest";
import { studentT95 } from "../../../energy-db/loads/student-t.ts";
import { fewShot, leaveOnePlatformOut } from "../../../energy-db/predicted/few-shot.ts";
import { seededRandom, shuffled } from "../../../src/random.ts";
import { median } from "../../../src/statistics.ts";

const rows = Array.from({ length: 40 }, (_, i) => i + 1);
const tenth = rows.filter((row) => row % 4 === 1);
const platforms = [
  { name: "linear", time_s: (row: number) => 1e-6 * row },
  { name: "square", time_s: (row: number) => 1e-8 * row ** 2 },
  { name: "constant", time_s: () => 1e-5 },
] as const;

const probesOf = (time_s: (row: number) => number) =>
  tenth.map((row) => ({ row, latency_s: time_s(row) }));

test("a platform that takes a known one's times but for a factor is recognised and predicted", () => {
  void assert(
    property(
      constantFrom(...platforms),
      double({ min: 1e-3, max: 1e3, noNaN: true }),
      (like, factor) => {
        const { likenesses, predict } = fewShot(
          probesOf((row) => factor * like.time_s(row)),
          platforms,
        );

        expect(likenesses[0]).toMatchObject({ name: like.name });
        expect(likenesses[0]?.share).toBeGreaterThan(0.99);
        expect(likenesses[0]?.timesAsLong).toBeCloseTo(factor, 9 - Math.log10(factor));
        for (const row of rows) {
          const ratio = (predict(row)?.latency_s ?? 0) / (factor * like.time_s(row));
          expect(Math.abs(ratio - 1)).toBeLessThan(0.01);
        }
      },
    ),
  );
});

test("noise in the probes is in the interval: it holds about 95 % of the times", () => {
  const coverage = (seed: number) => {
    const random = seededRandom(seed);
    const truth = (row: number) => 2e-6 * row * Math.exp(0.1 * random.normal());
    const { predict } = fewShot(probesOf(truth), platforms);
    return rows.filter((row) => {
      const { latency_s = 0, factor = 0 } = predict(row) ?? {};
      return Math.abs(Math.log(latency_s / truth(row))) < Math.log(factor);
    }).length;
  };
  const inside = Array.from({ length: 200 }, (_, seed) => coverage(seed));

  const share = inside.reduce((sum, rowsInside) => sum + rowsInside, 0) / (200 * rows.length);
  expect(share).toBeGreaterThan(0.93);
  expect(share).toBeLessThan(0.98);
});

test("the shares are one in all, and every probe more only sharpens them", () => {
  void assert(
    property(integer({ min: 3, max: tenth.length }), (count) => {
      const probes = probesOf((row) => 1e-6 * row + 2e-6).slice(0, count);

      const { likenesses } = fewShot(probes, platforms);

      expect(likenesses.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 12);
      expect(likenesses[0]?.name).toBe("linear");
    }),
  );
});

test("what no platform knows, or only one unlike the new one, is not predicted", () => {
  const partly = platforms.map((platform) => ({
    ...platform,
    time_s: (row: number) =>
      row > 38 && platform.name !== "constant" ? undefined : platform.time_s(row),
  }));

  const { predict } = fewShot(
    probesOf((row) => 3e-6 * row),
    partly,
  );

  expect(predict(38)?.latency_s).toBeCloseTo(3e-6 * 38, 9);
  expect(predict(39)).toBeUndefined();
});

test("platforms that know less than half of the probes are no models", () => {
  const ignorant = {
    name: "ignorant",
    time_s: (row: number) => (row < 10 ? 1e-6 * row : undefined),
  };

  const { likenesses } = fewShot(
    probesOf((row) => 3e-6 * row),
    [...platforms, ignorant],
  );

  expect(likenesses.map(({ name }) => name)).not.toContain("ignorant");
  expect(fewShot([], platforms).likenesses).toEqual([]);
});

test("one platform alone cannot be left out", () => {
  expect(leaveOnePlatformOut(tenth, platforms.slice(0, 1), rows)).toBeUndefined();
});

const help = "/work/shared/data/lut/help_fbnet_27dev.json";

/** Kernel times of 27 device settings, fitted to the published network latencies of HELP (Lee et al. 2021, MIT licence). */
describe.skipIf(!existsSync(help))(`HELP's 27 devices (${help})`, () => {
  interface Lut {
    readonly devices: Readonly<Record<string, { readonly table: readonly (readonly number[])[] }>>;
  }
  const lut = existsSync(help) ? (JSON.parse(readFileSync(help, "utf8")) as Lut) : { devices: {} };
  const devices = Object.entries(lut.devices).map(([name, { table }]) => {
    const times_ms = table.flat();
    // Settings of one device, in batches of 1, 32 and 64, are no new devices.
    const kind = name.replace(/_\d+$/, "");
    return { name, kind, time_s: (row: number) => (times_ms[row] ?? 0) / 1e3 };
  });
  const cells = Array.from({ length: 22 * 9 }, (_, row) => row).filter((row) =>
    devices.every(({ time_s }) => time_s(row) > 0),
  );

  test("ten probes predict devices of other kinds to 8 % in the median, and the interval holds 93 to 99 %", () => {
    const random = seededRandom(1);
    const errors: number[] = [];
    let inside = 0;
    for (const device of devices) {
      const others = devices.filter(({ kind }) => kind !== device.kind);
      const order = shuffled(cells, random);
      const [probes, rest] = [order.slice(0, 10), order.slice(10)];
      const reach = leaveOnePlatformOut(probes, others, rest)?.reach ?? 0;
      const { predict } = fewShot(
        probes.map((row) => ({ row, latency_s: device.time_s(row) })),
        others,
        Math.max(reach, studentT95(9)),
      );
      for (const row of rest) {
        const { latency_s = 0, factor = 0 } = predict(row) ?? {};
        const ratio = latency_s / device.time_s(row);
        errors.push(Math.abs(ratio - 1));
        if (Math.max(ratio, 1 / ratio) <= factor) inside++;
      }
    }

    expect(median(errors)).toBeLessThan(0.08);
    expect(inside / errors.length).toBeGreaterThan(0.93);
    expect(inside / errors.length).toBeLessThan(0.99);
  });
});
