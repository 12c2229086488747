import { UserError } from "../../src/errors.ts";
import type { MeterSample } from "../meter.ts";
import { refitTimes, type Trace, traceRail } from "./trace.ts";

/** Of a column: what it holds and in how many of them a SI unit has. */
interface Column {
  readonly pattern: RegExp;
  readonly perUnit: number;
}

interface Format {
  readonly name: string;
  readonly time: Column;
  readonly power?: Column;
  readonly current?: Column;
  readonly voltage?: Column;
  /** Its last bit, or any number, changes at the borders of work. */
  readonly marker?: RegExp;
  /** Stamps come in bursts although samples do not. */
  readonly bursts?: boolean;
}

/** Exports by their column titles, the particular ones first. */
const formats: readonly Format[] = [
  {
    name: "Nordic PPK2",
    time: { pattern: /^Timestamp\(ms\)$/, perUnit: 1e3 },
    current: { pattern: /^Current\(uA\)$/, perUnit: 1e6 },
    marker: /^D0-D7$/,
  },
  {
    name: "Monsoon",
    time: { pattern: /^Time\(ms\)$/, perUnit: 1e3 },
    current: { pattern: /^Main\(mA\)$/, perUnit: 1e3 },
    voltage: { pattern: /^Main Voltage\(V\)$/, perUnit: 1 },
    bursts: true,
  },
  {
    name: "Joulescope",
    time: { pattern: /^#time$/, perUnit: 1 },
    power: { pattern: /^power$/, perUnit: 1 },
    current: { pattern: /^current$/, perUnit: 1 },
    voltage: { pattern: /^voltage$/, perUnit: 1 },
    marker: /^(gpi0|in0)$/,
  },
  {
    name: "Otii",
    time: { pattern: /^Timestamp$/, perUnit: 1 },
    current: { pattern: /^(Main|Arc)? ?Current \(A\)$/, perUnit: 1 },
    voltage: { pattern: /^(Main|Arc)? ?Voltage \(V\)$/, perUnit: 1 },
    marker: /^(GPI1|.*GPI1.*)$/,
  },
  {
    name: "CSV",
    time: { pattern: /^time_s$/, perUnit: 1 },
    power: { pattern: /^power_w$/, perUnit: 1 },
    current: { pattern: /^current_a$/, perUnit: 1 },
    voltage: { pattern: /^voltage_v$/, perUnit: 1 },
    marker: /^marker$/,
  },
];

export interface CsvOptions {
  /** Of the supply, V, for instruments that do not measure it. */
  readonly voltage_v?: number | undefined;
}

/** A trace exported as CSV; the instrument is known by its column titles. Throws a UserError for anything else. */
export function readTraceCsv(text: string, { voltage_v }: CsvOptions = {}): Trace {
  const [head = "", ...lines] = text.split(/\r?\n/).filter((line) => line.trim() !== "");
  const titles = head.split(",").map((title) => title.trim());
  const columnOf = (pattern: RegExp | undefined) =>
    pattern ? titles.findIndex((title) => pattern.test(title)) : -1;
  const format = formats.find(
    ({ time, power, current }) =>
      columnOf(time.pattern) >= 0 &&
      (columnOf(power?.pattern) >= 0 || columnOf(current?.pattern) >= 0),
  );
  if (!format) throw unknownFormat(head);
  const rows = lines.map((line) => line.split(","));
  const values = (column: Column | undefined): readonly number[] | undefined => {
    const at = columnOf(column?.pattern);
    return at < 0 || !column ? undefined : rows.map((row) => Number(row[at]) / column.perUnit);
  };
  const stamps_s = values(format.time) ?? [];
  const times_s = format.bursts ? refitTimes(stamps_s) : stamps_s;
  const power_w = values(format.power);
  const current_a = values(format.current);
  const voltages_v = values(format.voltage);
  if (!power_w && !voltages_v && voltage_v === undefined)
    throw new UserError(`A trace of ${format.name} has no voltage`, {
      hint: "Give the voltage of the supply: --voltage 3.3",
      exit: "usage",
    });
  return {
    rail: traceRail(power_w ? "power" : "current-voltage"),
    samples: times_s.map(
      (time_s, i): MeterSample =>
        power_w
          ? { rail: "trace", time_s, power_w: power_w[i] ?? Number.NaN }
          : {
              rail: "trace",
              time_s,
              current_a: current_a?.[i] ?? Number.NaN,
              voltage_v: voltages_v?.[i] ?? voltage_v ?? Number.NaN,
            },
    ),
    markers_s: edges(
      rows.map((row) => row[columnOf(format.marker)]?.trim()),
      times_s,
    ),
  };
}

/** Where the marker's column changes. */
const edges = (marks: readonly (string | undefined)[], times_s: readonly number[]) =>
  marks.flatMap((mark, i) => (i > 0 && mark !== marks[i - 1] ? (times_s[i] ?? []) : []));

const unknownFormat = (head: string): UserError =>
  new UserError(`No trace of a known instrument: its columns are ${head.slice(0, 200)}`, {
    hint: `Known: ${formats.map(({ name }) => name).join(", ")}; any other as time_s,power_w,marker.`,
    exit: "usage",
  });
