import {
  curvesAlong,
  type ForeignStairs,
  foreignAxes,
  type ImportedSummary,
  type StoredForeignTable,
} from "../../../../energy-db/index.ts";
import {
  costCurve,
  costWords,
  figureMarkup,
  html,
  type Markup,
  table,
  treads,
} from "../../../figures/index.ts";
import { formatJoules, formatPercent, formatSeconds } from "../../../units.ts";
import { fieldsOf, type ImportedRow } from "../../workflows/imported-costs.ts";
import { costReadings } from "../../workflows/report-table.ts";
import type { findingRows } from "../answers.ts";
import type { ImportedAnswers } from "../table-reader.ts";
import { address, page } from "./layout.ts";
import { findingsTable } from "./platform.ts";

interface ImportedParts {
  readonly imported: ImportedAnswers;
  readonly stairs: readonly ForeignStairs[];
  readonly findings: ReturnType<typeof findingRows>;
  /** All that matched, and which of them are shown. */
  readonly rows: readonly ImportedRow[];
  readonly offset: number;
  readonly limit: number;
  /** What the address asks for, as it stands there. */
  readonly asked: Readonly<Record<string, string>>;
}

/** Another tool's table: where it is from, what is wrong with it, its steps, a curve, and its rows under a filter. */
export function importedPage(parts: ImportedParts): string {
  const { imported, stairs, findings, asked } = parts;
  const { summary } = imported;
  const path = `/imported/${summary.id}`;
  const stepped = stairs.filter(({ step }) => step !== undefined);
  return page({
    title: `${summary.device}, imported`,
    trail: [[summary.device, path]],
    json: address(`${path}.json`, asked),
    body: html`<p>${originText(summary)}. Its rows are as their source has them: they take no part in fits of measured costs.</p>
<section><h2>Checks</h2>${findingsTable(findings)}</section>
${curveSection(imported, stepped)}
<section><h2>Steps</h2>${stepped.length === 0 ? html`<p>No family of rows costs the same over blocks of widths.</p>` : table("Steps by kind of row", stepColumns, stepped)}</section>
<section><h2>Rows</h2>${rowsMarkup(path, parts)}</section>`,
  });
}

const originText = ({ format, dialect, rows, source, licence, importedAt }: ImportedSummary) =>
  `${rows} rows of ${source} (${format}: ${dialect}), imported ${importedAt.slice(0, 10)}, licence ${licence ?? "not stated"}`;

const stepColumns = [
  { head: "rows", cell: ({ family }: ForeignStairs) => family },
  { head: "along", cell: ({ axis }: ForeignStairs) => axis },
  { head: "step", cell: ({ step }: ForeignStairs) => step, numeric: true },
  {
    head: "curves that agree",
    cell: ({ confidence }: ForeignStairs) => formatPercent(confidence),
    numeric: true,
  },
  {
    head: "dearer than a larger width",
    cell: ({ dear }: ForeignStairs) => dear.length,
    numeric: true,
  },
];

/** The curve of most widths, as it stands in the table. */
function curveSection(
  { table: { rows } }: ImportedAnswers,
  stepped: readonly ForeignStairs[],
): Markup | undefined {
  const curves = foreignAxes.flatMap((axis) =>
    curvesAlong(rows, axis, ({ latency_s }) => latency_s).map((points) => ({ axis, points })),
  );
  const [longest] = curves.sort((a, b) => b.points.length - a.points.length);
  const [first] = longest?.points ?? [];
  if (!longest || !first || longest.points.length < fewestPoints) return undefined;
  const { op, shape } = first.row;
  const what = [op, ...Object.entries(shape).map(([name, value]) => `${name} ${value}`)].join(", ");
  const points = longest.points.map(({ width, row }) => {
    const { latency_s = 0, energy_j } = row;
    const provenance = "imported" as const;
    return {
      ...{ layer: op, kernel: "", width },
      ...costReadings({
        ...{ latency_s, provenance },
        ...(energy_j === undefined ? {} : { energy_j, energyProvenance: provenance }),
      }),
    };
  });
  const step = stepped.find(
    ({ axis, family }) => axis === longest.axis && family.startsWith(op),
  )?.step;
  return html`<section><h2>The longest curve</h2>${figureMarkup(
    `${costWords.latency_s.title} along the ${widthNames[longest.axis]}`,
    () =>
      costCurve(
        points,
        step === undefined ? [] : treads(points, step),
        "latency_s",
        widthNames[longest.axis],
      ),
    html`${what}. Points as imported.`,
    table(
      "Points",
      [
        { head: "width", cell: ({ width }: Point) => width, numeric: true },
        {
          head: "latency",
          cell: ({ latency_s }: Point) => formatSeconds(latency_s.value),
          numeric: true,
        },
      ],
      points,
    ),
  )}</section>`;
}
const widthNames = { in: "input width", mid: "inner width", out: "output width" } as const;

type Point = { readonly width: number; readonly latency_s: { readonly value: number } };

const fewestPoints = 4;

function rowsMarkup(path: string, { imported, rows, offset, limit, asked }: ImportedParts): Markup {
  const shown = rows.slice(offset, offset + limit);
  const turn = (to: number, word: string) =>
    to >= 0 && to < rows.length && to !== offset
      ? html`<a href="${address(path, { ...asked, offset: to })}">${word}</a>`
      : undefined;
  const { device } = imported.summary;
  return html`${form(path, imported.table, asked)}
<p class="links"><span>${rows.length} rows${rows.length > shown.length ? html`, ${offset + 1} to ${offset + shown.length} shown` : undefined}</span>
${turn(Math.max(0, offset - limit), "earlier")}${turn(offset + limit, "later")}
<a href="${address("/api/kernels", { device, ...asked, format: "csv", limit: 1000 })}">as CSV</a></p>
${shown.length === 0 ? html`<p>None matches.</p>` : table("Rows", columnsOf(shown), shown, { open: true })}`;
}

function form(
  path: string,
  { rows }: StoredForeignTable,
  asked: Readonly<Record<string, string>>,
): Markup {
  const ops = [...new Set(rows.map(({ op }) => op))];
  const options = (values: readonly (readonly [string, string])[], chosen: string | undefined) =>
    values.map(
      ([value, label]) =>
        html`<option value="${value}"${value === (chosen ?? "") ? html` selected` : undefined}>${label}</option>`,
    );
  return html`<form method="get" action="${path}">
<label>what is timed<select name="op">${options([["", "any"], ...ops.map((op) => [op, op] as const)], asked.op)}</select></label>
<label>order<select name="sort">${options(orders, asked.sort)}</select></label>
<button>Show</button>
</form>`;
}

const orders = [
  ["", "by name"],
  ["-latency_s", "slowest first"],
  ["latency_s", "fastest first"],
] as const;

/** A column for whatever some row has. */
const columnsOf = (rows: readonly ImportedRow[]) => {
  const fields = fieldsOf(rows);
  const first = Object.keys(heads).filter((field) => fields.includes(field));
  const ordered = [...first, ...fields.filter((field) => !first.includes(field))];
  return ordered.map((field) => ({
    head: heads[field] ?? field,
    cell: (row: ImportedRow) => cellOf(field, row[field]),
    numeric: rows.some((row) => typeof row[field] === "number"),
  }));
};

/** Columns that come first, costs before what tells rows apart: the keys of some tables fill a page. */
const heads: Readonly<Record<string, string>> = {
  ...{
    key: "row",
    op: "what",
    latency_s: "latency",
    latency_sd_s: "deviation",
    energy_j: "energy",
  },
  ...{ inChannels: "in", midChannels: "mid", outChannels: "out", samples: "runs" },
};

const cellOf = (field: string, value: string | number | undefined) => {
  if (typeof value !== "number") return value;
  if (field.endsWith("_s")) return formatSeconds(value);
  return field.endsWith("_j") ? formatJoules(value) : value;
};
