import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { windowsBetween } from "../../devices/index.ts";
import { readTraceCsv } from "../../devices/traces/csv.ts";
import { readEnergyRunner } from "../../devices/traces/energyrunner.ts";
import { readTrace } from "../../devices/traces/read-trace.ts";
import { refitTimes } from "../../devices/traces/refit-times.ts";
import { exitCodes, UserError } from "../../src/errors.ts";
import { median } from "../../src/statistics.ts";
import { cli } from "../support/cli.ts";

const folder = mkdtempSync(join(tmpdir(), "wattsplit-traces-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Joules of each window. */
const energies = (trace: Parameters<typeof windowsBetween>[0]): readonly number[] =>
  windowsBetween(trace).map(({ energy }) => {
    if (!energy.ok) throw new Error(energy.reason);
    return energy.energy_j;
  });

const tiny = ["../../../../shared", "../../../shared"]
  .map((shared) => join(import.meta.dirname, shared, "data/tables/mlperf_tiny/traces"))
  .find(existsSync);

describe.skipIf(!tiny)(
  `MLPerf Tiny's traces${tiny ? "" : " (needs shared/data/tables/mlperf_tiny)"}`,
  () => {
    // Results of submissions 1.0 OctoML microtvm_native and 1.1 Krai X-CUBE-AI 8.0, github.com/mlcommons/tiny_results_v1.x
    it.each([
      ["h7a3_xcubeai8_ad", 6000, 235.833],
      ["h7a3_xcubeai8_ic", 200, 7615.35],
      ["h7a3_xcubeai8_kws", 800, 2362.103],
      ["l4r5_microtvm_ad", 1000, 633.734],
    ])("give the published energy to 0.01 %%: %s", (name, inferences, energy_uj) => {
      const found = energies(readTrace(join(tiny ?? "", `${name}_trace1-energy.bin`)));

      expect(found).toHaveLength(5);
      expect(Math.abs((1e6 * median([...found])) / inferences / energy_uj - 1)).toBeLessThan(1e-4);
    });
  },
);

/** An EnergyRunner file: 10 Hz, 50 mW and 200 mW by turns of a second. */
function energyRunnerFile(): Uint8Array {
  const bytes = new Uint8Array(5 + 4 * 60);
  const view = new DataView(bytes.buffer);
  bytes[0] = 0xf1;
  view.setFloat32(1, 10, true);
  for (let i = 0; i < 60; i++) view.setFloat32(5 + 4 * i, Math.floor(i / 10) % 2 ? 200 : 50, true);
  return bytes;
}

describe("traces of instruments", () => {
  it("of EnergyRunner are powers in mW between edges", () => {
    const trace = readEnergyRunner(energyRunnerFile(), "[0, 1.1, 1.8, 3.1, 3.8]");

    expect(energies(trace).map((energy_j) => energy_j.toFixed(9))).toEqual([
      "0.140000000",
      "0.140000000",
    ]);
  });

  it.each([
    [
      "Joulescope",
      "#time,current,voltage,power,charge,energy,in0",
      (t: number, m: number) => `${t},0.1,3,0.3,0,${0.3 * t},${m}`,
      undefined,
    ],
    [
      "PPK2",
      "Timestamp(ms),Current(uA),D0-D7",
      (t: number, m: number) => `${1e3 * t},100000,0000000${m}`,
      3,
    ],
    [
      "Otii",
      "Timestamp,Main Current (A),Main Voltage (V),GPI1",
      (t: number, m: number) => `${t},0.1,3,${m}`,
      undefined,
    ],
    ["any other", "time_s,power_w,marker", (t: number, m: number) => `${t},0.3,${m}`, undefined],
  ])("of %s are known by their columns", (_, head, row, voltage_v) => {
    const rows = Array.from({ length: 50 }, (_, i) => row(i / 10, Math.floor(i / 10) % 2));
    const trace = readTraceCsv([head, ...rows].join("\n"), { voltage_v });

    expect(trace.markers_s).toEqual([1, 2, 3, 4]);
    expect(energies(trace)).toEqual([expect.closeTo(0.3, 9)]);
  });

  it("of Monsoon have their clock refitted where stamps came in bursts", () => {
    const stamps_s = Array.from({ length: 1000 }, (_, i) => Math.floor(i / 50) * 0.01 + 0.0002);
    const times_s = refitTimes(stamps_s);
    const gaps_s = times_s.slice(1).map((time_s, i) => time_s - (times_s[i] ?? 0));

    expect(Math.min(...gaps_s)).toBeCloseTo(2e-4, 6);
    expect(Math.max(...gaps_s)).toBeCloseTo(2e-4, 6);
    const rows = stamps_s.map((stamp_s) => `${1e3 * stamp_s},100,3,`).join("\n");
    expect(readTraceCsv(`Time(ms),Main(mA),Main Voltage(V),\n${rows}`).samples[7]).toMatchObject({
      current_a: 0.1,
      voltage_v: 3,
    });
  });

  it("of Monsoon keep the time of samples after some were lost, whatever bursts their stamps came in", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 200, max: 20_000 }),
        (perBurst, lost) => {
          // 2000 samples at 5 kHz, then a hole, then 3000 more.
          const numbers = Array.from({ length: 5000 }, (_, i) => (i < 2000 ? i : i + lost));
          const stamps_s = numbers.map((number, i) => {
            const inBurst = (i < 2000 ? i : i - 2000) % perBurst;
            return (number - inBurst) / 5000;
          });

          const times_s = refitTimes(stamps_s);

          for (const i of [0, 1000, 1999, 2000, 3500, 4999]) {
            const late_s = (times_s[i] ?? 0) - (numbers[i] ?? 0) / 5000;
            expect(Math.abs(late_s)).toBeLessThan((1.5 * perBurst) / 5000);
          }
        },
      ),
      { numRuns: 20 },
    );
  });

  it("of Joulescope count by the instrument's own energy, where it grows", () => {
    const head = "#time,current,voltage,power,charge,energy";
    const trace = (energy: (i: number) => number) =>
      readTraceCsv(`${head}\n${[0, 1, 2].map((i) => `${i},0.1,3,0.3,0,${energy(i)}`).join("\n")}`);

    expect(trace((i) => 7 * i).samples[2]).toEqual({ rail: "trace", time_s: 2, energy_j: 14 });
    expect(trace(() => 0).samples[2]).toEqual({ rail: "trace", time_s: 2, power_w: 0.3 });
  });

  it.each(["", "n/a"])("with a cell of '%s' are refused with its row: it is no 0 W", (cell) => {
    expect(() => readTraceCsv(`time_s,power_w,marker\n0,1,0\n\n1,${cell},0`)).toThrow(
      /Row 4 .*power_w/,
    );
  });

  it.each(["not json", '{"a": 1}', '["x"]'])("of EnergyRunner need a list of times: %s", (text) => {
    expect(() => readEnergyRunner(energyRunnerFile(), text)).toThrow(UserError);
  });

  it("are derived where the voltage was assumed, and measured where it was not", () => {
    const ppk = readTraceCsv("Timestamp(ms),Current(uA),D0-D7\n0,1,0\n1,1,0", { voltage_v: 3 });
    const own = readTraceCsv("time_s,current_a,voltage_v\n0,1,3\n1,1,3");

    expect([ppk.quality, own.quality]).toEqual(["derived", "measured"]);
  });

  it("are refused without a voltage, and with columns that nobody knows", () => {
    const ppk = "Timestamp(ms),Current(uA),D0-D7\n0,1,0";

    expect(() => readTraceCsv(ppk)).toThrow(/no voltage/);
    expect(() => readTraceCsv("a,b\n1,2")).toThrow(/known instrument/);
    expect(() => readEnergyRunner(Uint8Array.of(1, 2, 3), "[]")).toThrow(/no energy trace/);
  });

  it("are read by `devices trace`", async () => {
    const path = join(folder, "trace1-energy.bin");
    writeFileSync(path, energyRunnerFile());
    writeFileSync(join(folder, "trace1-timestamps.json"), "[0, 1.1, 1.8, 3.1, 3.8]");

    const { code, stdout } = await cli(["devices", "trace", path, "--inferences", "10", "--json"]);

    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      provenance: "measured",
      energy_j: expect.closeTo(0.014, 9),
    });
  });

  it.each([
    [["--inferences", "10", "--db", "energy.db"], /--inferences.* cannot be used with .*--db/],
    [["--session", "2"], /--session 2 is one of a table, and none is given/],
  ])("is not asked for what does not go together: %s", async (flags, said) => {
    const { code, stderr } = await cli(["devices", "trace", "trace.csv", ...flags]);

    expect(code).toBe(exitCodes.usage);
    expect(stderr).toMatch(said);
  });
});
