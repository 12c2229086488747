import { existsSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { foreignCosts } from "../../energy-db/foreign-costs/foreign-costs.ts";
import { foreignSteps } from "../../energy-db/foreign-costs/foreign-steps.ts";
import { type CostPoint, localFit } from "../../energy-db/foreign-costs/local-fit.ts";
import { nearestFinder } from "../../energy-db/foreign-costs/nearest.ts";
import type { ForeignRow } from "../../energy-db/formats/foreign-table.ts";
import { findFormat } from "../../energy-db/formats/registry.ts";
import { groupBy } from "../../energy-db/group-by.ts";
import { UserError } from "../../src/errors.ts";
import { type Random, seededRandom, shuffled } from "../../src/random.ts";

const range = (length: number) => [...Array(length).keys()];

/** Whether intervals hold costs that were left out: as many points as were answered, and how many of them lay inside. */
function coverageOf(points: readonly CostPoint[], random: Random) {
  const drawn = shuffled(points, random);
  const held = drawn.slice(0, Math.floor(points.length / 5));
  const between = localFit(drawn.slice(held.length));
  const answers = held.flatMap(({ widths, cost }) => {
    const answer = between(widths);
    return answer ? [Math.abs(answer.cost - cost) <= answer.half] : [];
  });
  return { answered: answers.length, inside: answers.filter(Boolean).length };
}

/** The share that lay inside, over draws of what is left out. */
function coverageOfAll(families: readonly (readonly CostPoint[])[]): number {
  const draws = families.flatMap((points) =>
    range(2).map((seed) => coverageOf(points, seededRandom(seed))),
  );
  const sum = (field: "answered" | "inside") =>
    draws.reduce((total, draw) => total + draw[field], 0);
  return sum("inside") / sum("answered");
}

const scattered = (
  count: number,
  seed: number,
  cost: (widths: readonly number[], random: Random) => number,
) => {
  const random = seededRandom(seed);
  return range(count).map(() => {
    const widths = [8 + random.below(500), 8 + random.below(500)];
    return { widths, cost: cost(widths, random) };
  });
};
const work = ([a = 0, b = 0]: readonly number[]) => 1e-4 + 1e-8 * a * b;

describe("costs between imported rows", () => {
  test.each([
    [
      "noise of 3 %",
      (widths: readonly number[], random: Random) =>
        work(widths) * Math.exp(0.03 * random.normal()),
    ],
    [
      "noise that grows as layers become small",
      (widths: readonly number[], random: Random) =>
        work(widths) * Math.exp((20 / Math.max(...widths)) * random.normal()),
    ],
    [
      "steps and noise",
      ([a = 0, b = 0]: readonly number[], random: Random) =>
        work([a, Math.ceil(b / 32) * 32]) * Math.exp(0.01 * random.normal()),
    ],
  ])("under %s have intervals that hold 93 to 97 of 100 rows left out", (_, cost) => {
    const covered = coverageOfAll(range(6).map((seed) => scattered(200, 100 + seed, cost)));

    expect(covered).toBeGreaterThan(0.93);
    expect(covered).toBeLessThan(0.97);
  });

  test("follow a power of the width exactly, and refuse what lies outside", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.1, max: 2, noNaN: true }),
        fc.integer({ min: 9, max: 63 }),
        (power, width) => {
          const between = localFit(
            range(8).map((i) => ({ widths: [8 * (i + 1)], cost: (8 * (i + 1)) ** power })),
          );

          expect((between([width])?.cost ?? 0) / width ** power).toBeCloseTo(1, 2);
          expect(between([7])).toBeUndefined();
          expect(between([65])).toBeUndefined();
        },
      ),
    );
  });
});

test("The points found nearest are those that looking at every point finds", () => {
  const place = fc.tuple(fc.integer({ min: 0, max: 30 }), fc.integer({ min: 0, max: 9 }));
  fc.assert(
    fc.property(
      fc.array(place, { maxLength: 60 }),
      place,
      fc.integer({ min: 1, max: 10 }),
      (places, at, count) => {
        const distance = ([x = 0, y = 0]: readonly number[]) =>
          Math.sqrt((x - at[0]) ** 2 + (y - at[1]) ** 2);
        const far = places.map(distance).sort((a, b) => a - b);

        const found = nearestFinder(places.map((own) => ({ at: own })))(at, count);

        expect(found.map((near) => near.distance)).toEqual(far.slice(0, count));
        expect(found.map(({ point }) => distance(point.at))).toEqual(far.slice(0, count));
        expect(new Set(found.map(({ point }) => point)).size).toBe(found.length);
      },
    ),
  );
});

const curve = (cost: (width: number) => number, shape: ForeignRow["shape"] = { kernel: 3 }) =>
  range(30).map((i) => ({
    key: `${JSON.stringify(shape)} ${i}`,
    op: "conv2d",
    shape: { height: 7, width: 7, ...shape },
    inChannels: 64,
    outChannels: 8 * (i + 1),
    latency_s: cost(8 * (i + 1)),
  }));

describe("steps along widths", () => {
  test("are found where there are some, and none on a smooth curve", () => {
    expect(foreignSteps({ rows: curve((width) => 1e-3 + 1e-6 * Math.ceil(width / 32)) })).toEqual([
      { axis: "out", step: 32, curves: 1, judged: 1 },
    ]);
    expect(foreignSteps({ rows: curve((width) => 1e-3 + 1e-6 * width) })).toEqual([
      { axis: "out", curves: 1, judged: 1 },
    ]);
  });

  test("are not seen in noise", () => {
    const random = seededRandom(5);
    const rows = curve(
      (width) => (1e-3 + 1e-6 * Math.ceil(width / 32)) * Math.exp(0.01 * random.normal()),
    );
    expect(foreignSteps({ rows })[0]?.step).toBeUndefined();
  });
});

const costs = (rows: readonly ForeignRow[]) =>
  foreignCosts({
    ...{ id: 1, device: "phone", dialect: "", units: {}, details: {}, rows },
    source: { name: "t.json", sha256: "", format: "json", importedAt: "", toolVersion: "" },
  });
const asked = (out: number, shape: ForeignRow["shape"] = {}) => ({
  op: "conv2d",
  shape,
  widths: { in: 64, out },
});

describe("answers from imported rows", () => {
  const stepped = costs(curve((width) => 1e-3 + 1e-6 * Math.ceil(width / 32)));

  test("are the rows themselves where there are some, dearer ones than wider ones too", () => {
    const odd = costs(curve((width) => (width === 64 ? 3e-3 : 1e-3 + 1e-6 * width)));

    expect(odd.cost(asked(64))).toMatchObject({ latency_s: 3e-3, provenance: "imported" });
    expect(odd.stairs({ op: "conv2d", shape: {}, widths: {} })[0]?.dear).toEqual([
      { width: 64, than: 72, by: 3e-3 / 1.072e-3 - 1 },
    ]);
  });

  test("are those of the same tread between rows", () => {
    expect(stepped.cost(asked(121))).toMatchObject({
      latency_s: 1e-3 + 4e-6,
      provenance: "interpolated",
    });
    expect(stepped.stairs({ shape: {}, widths: {} })).toMatchObject([
      { axis: "out", step: 32, confidence: 1, widths: 30 },
    ]);
  });

  test("come for every pair of a family of 16,129 scattered rows, the row itself where there is one", () => {
    const random = seededRandom(7);
    const rows = range(127 * 127).map((i) => ({
      ...{ key: String(i), op: "conv2d", shape: { kernel: 3 } },
      inChannels: 8 + random.below(1000),
      outChannels: 8 + random.below(1000),
      latency_s: 0,
    }));
    const costly = rows.map((row) => ({
      ...row,
      latency_s: work([row.inChannels, row.outChannels]) * Math.exp(0.02 * random.normal()),
    }));
    const large = costs(costly);
    const first = costly[4711];

    const { latency_s, latency_low_s = 0, latency_high_s = 0 } = large.cost(asked(512));
    expect(latency_s / work([64, 512])).toBeCloseTo(1, 1);
    expect(latency_low_s).toBeLessThan(work([64, 512]));
    expect(latency_high_s).toBeGreaterThan(work([64, 512]));
    const widths = { in: first?.inChannels ?? 0, out: first?.outChannels ?? 0 };
    expect(large.cost({ op: "conv2d", shape: {}, widths })).toMatchObject({
      provenance: "imported",
      latency_s: costly.find(
        (row) => row.inChannels === widths.in && row.outChannels === widths.out,
      )?.latency_s,
    });
  });

  test("have the interval of the runs behind them", () => {
    const [row] = curve(() => 1e-3);
    if (!row) throw new Error("No row");
    const answer = costs([{ ...row, latency_sd_s: 1e-4, samples: 100 }]).cost(asked(8));

    expect(answer.latency_high_s).toBeCloseTo(1e-3 + 1.96e-5, 9);
    expect(answer.latency_low_s).toBeCloseTo(1e-3 - 1.96e-5, 9);
  });

  test("are refused outside the rows, among several families, and where time is not counted", () => {
    expect(() => stepped.cost(asked(300))).toThrow(/no rows around 64 x 300/);
    expect(() => stepped.cost(asked(64, { kernel: 5 }))).toThrow(UserError);
    const two = costs([...curve(() => 1e-3, { bits: 4 }), ...curve(() => 2e-3, { bits: 8 })]);
    expect(() => two.cost(asked(64))).toThrow(/2 kinds of rows/);
    expect(two.cost(asked(64, { bits: 8 }))).toMatchObject({ latency_s: 2e-3 });
    const [row] = curve(() => 1e-3);
    const { latency_s: _, ...rest } = row ?? { latency_s: 0 };
    const counted = costs([{ ...(rest as ForeignRow), work: 5 }]);
    expect(() => counted.cost(asked(8))).toThrow(/have no latency/);
  });
});

const folder = "../shared/data/tables";
const rowsOf = async (format: string, path: string) => {
  const [table] = await findFormat(format).read({
    name: path,
    bytes: readFileSync(`${folder}/${path}`),
  });
  return table?.rows ?? [];
};

describe.skipIf(!existsSync(folder))("published tables (skip without ../shared)", () => {
  test("APQ's steps are 32 on all curves at 7x7 and 192 channels", async () => {
    const rows = (await rowsOf("apq", "apq_bitfusion/BitFusion_new.b1.json")).filter(
      ({ shape, inChannels }) => shape.height === 7 && inChannels === 192 && shape.kernel === 1,
    );

    expect(foreignSteps({ rows }).find(({ axis }) => axis === "out")).toEqual({
      axis: "out",
      step: 32,
      curves: 9,
      judged: 9,
    });
  });

  test("TF-NAS's smooth curves have no step", async () => {
    const rows = await rowsOf("tf-nas", "tfnas/latency_gpu.pkl");
    expect(foreignSteps({ rows }).filter(({ step }) => step !== undefined)).toEqual([]);
  });

  test("intervals hold 93 to 97 % of rows left out of APQ's families of a hundred rows", async () => {
    const families = groupBy(
      await rowsOf("apq", "apq_bitfusion/BitFusion_new.b1.json"),
      ({ op, shape }) => JSON.stringify([op, shape]),
    );
    const total = coverageOfAll(
      [...families.values()]
        .filter((rows) => rows.length >= 100)
        .map((rows) =>
          rows.map(({ inChannels = 1, outChannels = 1, latency_s = 0 }) => ({
            widths: [inChannels, outChannels],
            cost: latency_s,
          })),
        ),
    );

    expect(total).toBeGreaterThan(0.93);
    expect(total).toBeLessThan(0.97);
  });
});
