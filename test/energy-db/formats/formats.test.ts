import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { defectsOf } from "../../../energy-db/formats/defects.ts";
import { foreignSteps } from "../../../energy-db/formats/foreign-steps.ts";
import type {
  ForeignRow,
  ForeignTable,
  SourceFile,
  TableFormat,
} from "../../../energy-db/formats/foreign-table.ts";
import { findFormat, formatOf, tableFormats } from "../../../energy-db/formats/registry.ts";
import { UserError } from "../../../src/errors.ts";

const file = (name: string, text: string): SourceFile => ({
  name,
  bytes: new TextEncoder().encode(text),
});

/** A file of every format, and what its first row says. */
const examples: Readonly<
  Record<string, { readonly text: string; readonly first: Partial<ForeignRow> }>
> = {
  json: {
    text: JSON.stringify({
      format: "wattsplit-foreign-tables",
      version: 1,
      tables: [
        {
          device: "d",
          dialect: "any",
          units: { latency: "ms" },
          details: {},
          rows: [{ key: "a", op: "conv2d", shape: { height: 4 }, outChannels: 8, latency_s: 1e-3 }],
        },
      ],
    }),
    first: { key: "a", outChannels: 8, latency_s: 1e-3 },
  },
  ofa: {
    text: "expanded_conv-input:56x56x24-output:28x28x40-expand:144-kernel:3-stride:2-idskip:0-se:0-hs:1:\n  count: 30\n  mean: 1.5\n  std: 0.25\n",
    // 56 x 56 x 24 x 144 for the expansion, 28 x 28 x 144 x (9 + 40) for the rest.
    first: {
      op: "mbconv",
      midChannels: 144,
      latency_s: 1.5e-3,
      latency_sd_s: 0.25e-3,
      samples: 30,
      macs: 16_369_920,
    },
  },
  proxylessnas: {
    text: "expanded_conv-input:56x56x24-output:28x28x40-expand:6-kernel:5-stride:2-idskip:0:\n  count: 10\n  mean: 2\n  var: 0.04\n",
    first: { midChannels: 144, latency_s: 2e-3, latency_sd_s: 0.2e-3 },
  },
  nsganetv2: {
    text: "MBConv-input:28x28x40-output:28x28x40-expand:3-kernel:3-stride:1-idskip:1-se:1:\n  mean: 0.5\n  var: 0.01\nclassifier-input:1280-output:1000:\n  mean: 0.1\n  var: 0.0001\n",
    first: { midChannels: 120, latency_s: 0.5e-3, latency_sd_s: 0.1e-3 },
  },
  "device-columns": {
    text: "index,arch,pixel3_ms,gpu_1_us\n0,,12.5,800\n1,,13,810\n",
    first: { key: "0", op: "network", latency_s: 12.5e-3 },
  },
  benchncnn: {
    text: "loop_count = 8\nnum_threads = 1\n          squeezenet  min =   11.66  max =   11.80  avg =   11.74\n",
    first: { key: "squeezenet", latency_s: 11.74e-3, fastest_s: 11.66e-3, samples: 8 },
  },
  "ncnn-list": {
    text: "device,session,loop_count,model,min_ms,max_ms,avg_ms\nOrin,1,64,squeezenet,11.66,11.80,11.74\n",
    first: { key: "squeezenet", latency_s: 11.74e-3, slowest_s: 11.8e-3, samples: 64 },
  },
  haq: {
    text: "layer,wbit_idx,abit_idx,latency_cycles\n0,0,3,200720\n",
    first: { work: 200720, shape: { layer: 0, weightBits: 1, activationBits: 4 } },
  },
  apq: {
    text: '{"(96, 456, 14, 1, 1, 0, 1)-W4A4": {"energy": 0.5, "latency": 0.0625}, "head": {"energy": 1, "latency": 1}}',
    first: {
      inChannels: 96,
      outChannels: 456,
      latency_s: 0.0625e-3,
      energy_j: 0.5e-3,
      macs: 14 * 14 * 96 * 456,
    },
  },
  "mlperf-tiny": {
    text: "round,system,benchmark,mode,median_throughput_inf_s,median_energy_uJ_per_inf,window_throughputs\n0.5,Nucleo,ad,energy,100,416.312,96 97 98 99 96\n",
    first: { latency_s: 0.01, energy_j: 416.312e-6, samples: 5 },
  },
};

/** Errors that are no sentence for a person go on. */
function readOrRefused(format: TableFormat, bytes: Uint8Array): void {
  try {
    format.read({ name: "damaged", bytes });
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
  }
}

describe.each(tableFormats)("$title", (format) => {
  const { text, first } = examples[format.id] ?? { text: "", first: {} };
  const source = file("table", text);

  test("are recognised, and read in SI units", () => {
    expect(formatOf(source).id).toBe(format.id);
    expect(format.read(source)[0]?.rows[0]).toMatchObject(first);
  });

  test("come back as they were, where they can be written", () => {
    if (!format.write) return;
    const tables = format.read(source);
    const written = format.write(tables).content;

    const again = format.read({ name: "again", bytes: Buffer.from(written) });

    expect(again.map(({ rows }) => rows)).toEqual(tables.map(({ rows }) => rows));
  });

  test("damaged are refused or read, and never anything else", () => {
    const whole = new TextEncoder().encode(text);
    const damage = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), {
      minLength: 1,
      maxLength: 8,
    });
    fc.assert(
      fc.property(damage, fc.nat(whole.length), (changes, end) => {
        const bytes = Uint8Array.from(whole);
        for (const [at, value] of changes) bytes[at] = value;
        readOrRefused(format, bytes);
        readOrRefused(format, bytes.subarray(0, end));
      }),
      { numRuns: 150 },
    );
  });
});

test("numbers of up to 15 digits come through a block table unchanged", () => {
  const ms = fc.integer({ min: 1, max: 999_999_999 }).map((digits) => digits / 1e6);
  fc.assert(
    fc.property(ms, (mean) => {
      const nsganetv2 = findFormat("nsganetv2");
      const key = "MBConv-input:28x28x40-output:28x28x40-expand:3-kernel:3-stride:1-idskip:1-se:1";
      const tables = nsganetv2.read(file("t", `${key}:\n  mean: ${mean}\n  var: 0\n`));
      expect(String(nsganetv2.write?.(tables).content)).toContain(`mean: ${mean}\n`);
    }),
  );
});

const table = (rows: readonly Partial<ForeignRow>[]): ForeignTable => ({
  dialect: "",
  units: {},
  details: {},
  rows: rows.map((row, i) => ({ key: String(i), op: "conv2d", shape: {}, ...row })),
});
const defects = (rows: readonly Partial<ForeignRow>[]) =>
  defectsOf(table(rows)).map(({ defect }) => defect);
const range = (length: number) => [...Array(length).keys()];

describe("defects of published tables", () => {
  test("costs of nothing or less, which extrapolation gives", () => {
    expect(defectsOf(table([{ latency_s: -1e-6 }, { latency_s: 0 }, { latency_s: 1 }]))).toEqual([
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

  test("latency that has nothing to do with work", () => {
    const shuffled = [17, 3, 11, 5, 19, 1, 13, 7, 0, 9, 16, 2, 14, 6, 18, 4, 12, 8, 15, 10];
    expect(
      defects(shuffled.map((to, i) => ({ macs: 1e6 * (i + 1), latency_s: 1.0123e-3 * (to + 1) }))),
    ).toContain("rank with work");
  });

  test("rows of another device, to the last digit", () => {
    const own = table(range(4).map((i) => ({ latency_s: 1.2345678e-3 * (i + 1) })));
    expect(defectsOf(own, [{ device: "note10", table: own }])).toMatchObject([
      { defect: "copied rows", message: "4 rows are those of note10, digit by digit" },
    ]);
  });
});

describe("steps along widths", () => {
  const curve = (cost: (width: number) => number) =>
    table(
      range(30).map((i) => ({
        shape: { k: 3 },
        inChannels: 64,
        outChannels: 8 * (i + 1),
        latency_s: cost(8 * (i + 1)),
      })),
    );

  test("are found where there are some, and none on a smooth curve", () => {
    expect(foreignSteps(curve((width) => 1e-3 + 1e-6 * Math.ceil(width / 32)))).toEqual([
      { axis: "out", step: 32, curves: 1, judged: 1 },
    ]);
    expect(foreignSteps(curve((width) => 1e-3 + 1e-6 * width))).toEqual([]);
  });

  const apq = "../shared/data/tables/apq_bitfusion/BitFusion_new.b1.json";
  test.skipIf(!existsSync(apq))(
    "are 32 in APQ's table, on all curves at 7x7 and 192 channels (skips without ../shared)",
    () => {
      const [read] = findFormat("apq").read({ name: "apq", bytes: readFileSync(apq) });
      const rows =
        read?.rows.filter(
          ({ shape, inChannels }) => shape.height === 7 && inChannels === 192 && shape.kernel === 1,
        ) ?? [];

      expect(foreignSteps({ rows })).toEqual([{ axis: "out", step: 32, curves: 9, judged: 9 }]);
    },
  );
});

test("an unknown file is refused with the formats that are known", () => {
  expect(() => formatOf(file("x", "nothing known"))).toThrow(UserError);
  expect(() => findFormat("xls")).toThrow(/format/);
});

test("every format has an example here", () => {
  expect(Object.keys(examples).sort()).toEqual(tableFormats.map(({ id }) => id).sort());
});

const folder = "../shared/data/tables";
test.skipIf(!existsSync(folder))(
  "NSGANetV2's own table goes out and comes in whole (skips without ../shared)",
  () => {
    const format = findFormat("nsganetv2");
    const tables = format.read({
      name: "i7",
      bytes: readFileSync(join(folder, "nsganetv2/i7-8700K_lut.yaml")),
    });
    const again = format.read({
      name: "again",
      bytes: Buffer.from(format.write?.(tables).content ?? ""),
    });

    expect(again[0]?.rows.map(({ key }) => key)).toEqual(tables[0]?.rows.map(({ key }) => key));
    expect(tables[0]?.rows).toHaveLength(4050);
  },
);
