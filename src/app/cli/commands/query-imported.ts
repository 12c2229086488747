import { Option } from "commander";
import type {
  ForeignAnswer,
  ForeignAxis,
  ForeignCosts,
  ForeignMarginal,
  StoredForeignTable,
} from "../../../../energy-db/index.ts";
import { formatJoules, formatPercent, formatSeconds } from "../../../units.ts";
import {
  chosenRows,
  fieldsOf,
  foreignQuestion,
  type ImportedQuestion,
  type ImportedRow,
  importedRows,
} from "../../workflows/imported-costs.ts";
import { count } from "../options.ts";
import { type Column, formatTable } from "../table-text.ts";
import { shapeOption } from "./query-network.ts";

/** What imported rows are asked by beside a kernel's flags. */
export interface ImportedFlags extends Pick<ImportedQuestion, "mid" | "shape"> {}

export const importedOptions: readonly Option[] = [
  new Option("--mid <c>", "channels inside a block, of an imported table").argParser(count),
  shapeOption(),
];

/** The same answer for a person and as JSON. */
interface Answer {
  readonly text: string;
  readonly document: object;
}

export interface ImportedAsk extends ImportedQuestion {
  readonly grow?: ForeignAxis;
  readonly by?: number;
  readonly where?: readonly string[];
  readonly sort?: string;
  readonly limit?: number;
}

/** Answers of an imported table, by the name of what is asked. */
export const importedAnswers = {
  cost: (costs: ForeignCosts, _table: StoredForeignTable, flags: ImportedAsk): Answer => {
    const question = foreignQuestion(flags);
    const cost = costs.cost(question);
    return {
      text: [
        ...costLines(cost),
        `from     ${cost.rows.join(", ") || "rows around it"}, ${costs.source}`,
      ].join("\n"),
      document: { question, ...cost, source: costs.source },
    };
  },
  marginal: (costs: ForeignCosts, _table: StoredForeignTable, flags: ImportedAsk): Answer => {
    const question = foreignQuestion(flags);
    const { grow = "out", by } = flags;
    const marginal = costs.marginal(question, { grow, by });
    return {
      text: [
        `${marginal.by} more ${axisNames[grow]} channels`,
        ...costLines(marginal),
        freeText(marginal, question.widths[grow] ?? 0),
        `from     ${costs.source}`,
      ].join("\n"),
      document: { question, ...marginal, source: costs.source },
    };
  },
  stairs: (costs: ForeignCosts, _table: StoredForeignTable, flags: ImportedAsk): Answer => {
    const rows = costs.stairs(foreignQuestion(flags));
    return {
      text: formatTable(
        [
          { title: "rows", of: ({ family }) => family },
          { title: "axis", of: ({ axis }) => axis },
          { title: "step", of: ({ step }) => step ?? "none" },
          { title: "confidence", of: ({ confidence }) => confidence },
          { title: "widths seen", of: ({ widths }) => widths },
          { title: "dearer than a larger width", of: ({ dear }) => dear.length },
        ],
        rows,
      ),
      document: { rows, source: costs.source },
    };
  },
  kernels: (costs: ForeignCosts, table: StoredForeignTable, flags: ImportedAsk): Answer => {
    const asked = importedRows(table, flags);
    const rows = chosenRows(asked, fieldsOf(asked), flags);
    return {
      text: formatTable(rowColumns, rows),
      document: { rows, source: costs.source },
    };
  },
} as const;

const axisNames = { in: "input", mid: "inner", out: "output" } as const;

/** Latency with its interval, as far as the rows tell one, and energy. */
function costLines({
  latency_s,
  latency_low_s,
  latency_high_s,
  energy_j,
  energyProvenance,
  provenance,
}: Omit<ForeignAnswer, "rows">): readonly string[] {
  const interval =
    latency_low_s === undefined || latency_high_s === undefined
      ? "interval unknown"
      : `(95 %: ${formatSeconds(latency_low_s)} to ${formatSeconds(latency_high_s)})`;
  return [
    `latency  ${formatSeconds(latency_s)} ${interval}  ${provenance}`,
    energy_j === undefined
      ? "energy   absent: the table has none"
      : `energy   ${formatJoules(energy_j)}  ${energyProvenance}`,
  ];
}

const freeText = ({ freeUntil }: ForeignMarginal, width: number): string =>
  freeUntil > width ? `free until width ${freeUntil}` : "no free channels found";

const micro = (value: unknown): number | undefined =>
  typeof value === "number" ? 1e6 * value : undefined;

const shown = (value: unknown): string | undefined =>
  value === undefined ? undefined : String(value);

const rowColumns: readonly Column<ImportedRow>[] = [
  { title: "row", of: ({ key }) => key },
  { title: "op", of: ({ op }) => op },
  { title: "in", of: ({ inChannels }) => shown(inChannels), optional: true },
  { title: "mid", of: ({ midChannels }) => shown(midChannels), optional: true },
  { title: "out", of: ({ outChannels }) => shown(outChannels), optional: true },
  { title: "latency us", of: ({ latency_s }) => micro(latency_s), optional: true },
  {
    title: "sd %",
    of: ({ latency_s, latency_sd_s }) =>
      latency_s && latency_sd_s
        ? formatPercent(Number(latency_sd_s) / Number(latency_s))
        : undefined,
    optional: true,
  },
  { title: "energy uJ", of: ({ energy_j }) => micro(energy_j), optional: true },
  { title: "work", of: ({ work }) => shown(work), optional: true },
  { title: "runs", of: ({ samples }) => shown(samples), optional: true },
];
