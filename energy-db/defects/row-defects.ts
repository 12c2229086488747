import { sampleRankCorrelation } from "simple-statistics";
import { median } from "../../src/statistics.ts";
import { formatPercent } from "../../src/units.ts";
import { groupBy } from "../group-by.ts";
import type { ForeignRow, ForeignTable } from "./foreign-table.ts";

/** Something that published tables got wrong, where it was found. */
export interface Defect {
  readonly defect: string;
  readonly severity: "warning" | "error";
  readonly message: string;
  /** Keys of the rows concerned. */
  readonly rows: readonly string[];
}

type Look = (table: ForeignTable, others: readonly NamedTable[]) => readonly Defect[];

interface NamedTable {
  readonly device: string;
  readonly table: ForeignTable;
}

const keys = (rows: readonly ForeignRow[]): readonly string[] => rows.map(({ key }) => key);

const found = (
  defect: string,
  severity: Defect["severity"],
  rows: readonly ForeignRow[],
  message: (count: number) => string,
): readonly Defect[] =>
  rows.length === 0 ? [] : [{ defect, severity, message: message(rows.length), rows: keys(rows) }];

/** Extrapolation below the smallest measured width gives such numbers. */
const notPositive: Look = ({ rows }) => {
  const bad = rows.filter((row) =>
    [row.latency_s, row.energy_j, row.work].some((cost) => cost !== undefined && !(cost > 0)),
  );
  return found("not positive", "error", bad, (n) => `${n} rows cost nothing or less`);
};

/** Steps of a millisecond or microsecond in every row: the source rounded. */
const rounded: Look = ({ rows }) => {
  const times = rows.flatMap(({ latency_s }) => latency_s ?? []);
  if (times.length < 10) return [];
  for (const [unit, factor] of [
    ["ms", 1e3],
    ["µs", 1e6],
  ] as const) {
    const isWhole = times.every(
      (time_s) => Math.abs(time_s * factor - Math.round(time_s * factor)) < 1e-6,
    );
    const step = 1 / factor / (median(times) || 1);
    if (isWhole && step > 0.005)
      return [
        {
          defect: "rounded",
          severity: "warning",
          message: `every latency is a whole number of ${unit}: ${formatPercent(step)} of a typical one`,
          rows: [],
        },
      ];
  }
  return [];
};

const fewestSamples = 5;

const fewSamples: Look = ({ rows }) =>
  found(
    "few samples",
    "warning",
    rows.filter(({ samples }) => samples !== undefined && samples < fewestSamples),
    (n) => `${n} rows rest on fewer than ${fewestSamples} runs`,
  );

const noisy: Look = ({ rows }) =>
  found(
    "wide spread",
    "warning",
    rows.filter(({ latency_s = 0, latency_sd_s = 0 }) => latency_sd_s > 0.3 * Math.abs(latency_s)),
    (n) => `${n} rows spread by more than 30 % of their mean`,
  );

/** Time times one power is a model, whatever the table calls it. */
const constantPower: Look = ({ rows }) => {
  const powers = rows.flatMap(({ latency_s, energy_j }) =>
    latency_s && energy_j ? [energy_j / latency_s] : [],
  );
  if (powers.length < 10) return [];
  const middle = median(powers);
  const isConstant = powers.every((power) => Math.abs(power / middle - 1) < 1e-3);
  return isConstant
    ? [
        {
          defect: "constant power",
          severity: "warning",
          message: `energy is time x ${middle.toPrecision(4)} W in every row: derived, not measured`,
          rows: [],
        },
      ]
    : [];
};

/** Cost that has nothing to do with work inside one operation is a broken pipeline. */
const rankWithWork: Look = ({ rows }) =>
  [...groupBy(rows, ({ op }) => op)].flatMap(([op, own]) => {
    const pairs = own.flatMap(({ macs, latency_s }) =>
      macs && latency_s ? [[macs, latency_s] as const] : [],
    );
    if (pairs.length < 20) return [];
    const rank = sampleRankCorrelation(
      pairs.map(([macs]) => macs),
      pairs.map(([, time_s]) => time_s),
    );
    if (rank >= 0.3) return [];
    return [
      {
        defect: "rank with work",
        severity: "warning" as const,
        message: `latency of ${op} hardly follows its multiply-accumulates (rank correlation ${rank.toFixed(2)})`,
        rows: [],
      },
    ];
  });

/** Rows equal to the last digit on two devices were copied from one to the other. */
const copied: Look = ({ rows }, others) =>
  others.flatMap(({ device, table }) => {
    const known = new Map(table.rows.map((row) => [row.key, row.latency_s]));
    const equal = rows.filter(
      ({ key, latency_s }) =>
        latency_s !== undefined && known.get(key) === latency_s && hasDigits(latency_s),
    );
    return equal.length < 3
      ? []
      : found(
          "copied rows",
          "warning",
          equal,
          (n) => `${n} rows are those of ${device}, digit by digit`,
        );
  });

/** Short numbers meet by chance. */
const hasDigits = (value: number): boolean =>
  value
    .toPrecision(15)
    .replace(/e.*|0+$|[.]/g, "")
    .replace(/0+$/, "").length > 6;

const looks: readonly Look[] = [
  notPositive,
  rounded,
  fewSamples,
  noisy,
  constantPower,
  rankWithWork,
  copied,
];

/** Looks for what published tables got wrong (docs/tables.md). */
export const defectsOf = (
  table: ForeignTable,
  others: readonly NamedTable[] = [],
): readonly Defect[] => looks.flatMap((look) => look(table, others));
