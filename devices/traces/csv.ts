import { UserError } from "../../src/errors.ts";
import type { MeterSample, Rail } from "../meter.ts";
import { refitTimes } from "./refit-times.ts";
import { type Trace, traceRail } from "./trace.ts";

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
  /** What the instrument itself added up, J: better than the power of rows that leave samples out. */
  readonly energy?: Column;
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
    energy: { pattern: /^energy$/, perUnit: 1 },
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

interface Row {
  /** In the file, from 1. */
  readonly line: number;
  readonly cells: readonly string[];
}

/** A trace exported as CSV; the instrument is known by its column titles. Throws a UserError for anything else. */
export function readTraceCsv(text: string, { voltage_v }: CsvOptions = {}): Trace {
  const [head, ...rows] = text.split(/\r?\n/).flatMap((line, i): Row[] => {
    const cells = line.split(",").map((cell) => cell.trim());
    return line.trim() === "" ? [] : [{ line: i + 1, cells }];
  });
  const titles = head?.cells ?? [];
  const format = formatOf(titles);
  const values = (column: Column | undefined) => readColumn(titles, rows, column);
  const stamps_s = values(format.time) ?? [];
  const times_s = format.bursts ? refitTimes(stamps_s) : stamps_s;
  const columns = {
    energy_j: values(format.energy),
    power_w: values(format.power),
    current_a: values(format.current),
    voltage_v: values(format.voltage),
  };
  const { kind, quality, reading } = readingsIn(columns, format, voltage_v);
  return {
    rail: traceRail(kind),
    quality,
    samples: times_s.map((time_s, i) => ({ rail: "trace", time_s, ...reading(i) })),
    markers_s: edges(
      rows.map(({ cells }) => cells[columnOf(titles, format.marker)]),
      times_s,
    ),
  };
}

const columnOf = (titles: readonly string[], pattern: RegExp | undefined): number =>
  pattern ? titles.findIndex((title) => pattern.test(title)) : -1;

function formatOf(titles: readonly string[]): Format {
  const has = (column: Column | undefined): boolean => columnOf(titles, column?.pattern) >= 0;
  const format = formats.find(
    ({ time, power, current }) => has(time) && (has(power) || has(current)),
  );
  if (!format) throw unknownFormat(titles.join(","));
  return format;
}

/** Undefined where there is no such column. Throws a UserError for a cell without a number: it is no measurement of 0. */
function readColumn(
  titles: readonly string[],
  rows: readonly Row[],
  column: Column | undefined,
): readonly number[] | undefined {
  const at = columnOf(titles, column?.pattern);
  if (at < 0 || !column) return undefined;
  return rows.map(({ line, cells }) => {
    const cell = cells[at] ?? "";
    const value = cell === "" ? Number.NaN : Number(cell);
    if (Number.isFinite(value)) return value / column.perUnit;
    throw new UserError(`Row ${line} of the trace has no number under ${titles[at]}: "${cell}"`, {
      hint: "Export it again without gaps, or cut the trace before that row.",
      exit: "usage",
    });
  });
}

interface Columns {
  readonly energy_j: readonly number[] | undefined;
  readonly power_w: readonly number[] | undefined;
  readonly current_a: readonly number[] | undefined;
  readonly voltage_v: readonly number[] | undefined;
}

interface Readings {
  readonly kind: Rail["kind"];
  readonly quality: Trace["quality"];
  readonly reading: (i: number) => Omit<MeterSample, "rail" | "time_s">;
}

/** The best that the columns hold: energy that grows, power, current at a voltage that was measured or assumed. */
function readingsIn(
  { energy_j, power_w, current_a = [], voltage_v }: Columns,
  { name }: Format,
  assumed_v: number | undefined,
): Readings {
  const at = (values: readonly number[], i: number): number => values[i] ?? Number.NaN;
  if (energy_j && at(energy_j, energy_j.length - 1) > at(energy_j, 0))
    return {
      kind: "energy-counter",
      quality: "measured",
      reading: (i) => ({ energy_j: at(energy_j, i) }),
    };
  if (power_w)
    return { kind: "power", quality: "measured", reading: (i) => ({ power_w: at(power_w, i) }) };
  if (!voltage_v && assumed_v === undefined)
    throw new UserError(`A trace of ${name} has no voltage`, {
      hint: "Give the voltage of the supply: --voltage 3.3",
      exit: "usage",
    });
  return {
    kind: "current-voltage",
    quality: voltage_v ? "measured" : "derived",
    reading: (i) => ({
      current_a: at(current_a, i),
      voltage_v: voltage_v ? at(voltage_v, i) : (assumed_v ?? Number.NaN),
    }),
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
