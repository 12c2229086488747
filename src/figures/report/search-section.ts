import { formatCount, formatJoules, formatNumber, formatSeconds } from "../../units.ts";
import { gains } from "../gains.ts";
import { formatAccuracy } from "../marks.ts";
import type { NetworkRow, RoundRow } from "../rows.ts";
import { type CostQuantity, type SearchPath, searchPath } from "../search-path.ts";
import { widthsPerRound } from "../widths.ts";
import type { ReportData, SearchResult } from "./data.ts";
import { figureMarkup } from "./figure.ts";
import { platformsSentence, quantityWords, readingMarkup } from "./format.ts";
import { html, type Markup } from "./html.ts";
import { shapesFigure } from "./shapes-section.ts";
import { type Column, table } from "./table.ts";

/** The path of the search, its promises against what came, and the widths it chose. */
export function searchSection(data: ReportData): Markup | undefined {
  const { search } = data;
  if (!search || search.rounds.length === 0) return undefined;
  const hasEnergy = search.rounds.some(({ energy_j }) => energy_j !== undefined);
  return html`<section>
<h2>Search</h2>
<p>Method ${search.method} on ${search.dataset}; costs from ${search.costSource}.${search.ended ? ` Growth ended: ${search.ended}.` : ""}</p>
<div class="figures">
${pathFigure(data, search, "latency_s", table("Rounds", roundColumns, search.rounds))}
${hasEnergy ? pathFigure(data, search, "energy_j", table("Energy of the rounds", roundEnergyColumns, search.rounds)) : undefined}
${gainsFigure(search)}
${figureMarkup("Widths", (width) => widthsPerRound(search.rounds, width), html`Neurons per layer after each round, first layer at the bottom.`, widthsTable(search.rounds))}
${shapesFigure(search)}
${referencesTable(search.references ?? [])}
</div>
</section>`;
}

function pathFigure(
  data: ReportData,
  search: SearchResult,
  quantity: CostQuantity,
  numbers: Markup | undefined,
): Markup | undefined {
  const { delivered, platforms = [] } = data;
  const canBeDrawn = search.rounds.some((row) => row.accuracy !== undefined && row[quantity]);
  if (!canBeDrawn) return numbers;
  const path = pathOf(data, search, quantity);
  const on = delivered
    ? `, of the delivered and the uniform networks on ${delivered.accuracyOn}`
    : "";
  const caption = html`Accuracy of the rounds on ${search.accuracyOn}${on}; n = ${search.rounds.length} rounds, ${path.references.length} uniform networks.${platformsSentence(platforms)}`;
  const title = `Accuracy against ${quantityWords[quantity].name}`;
  return figureMarkup(title, (width) => searchPath(path, quantity, width), caption, numbers);
}

/** The rounds, uniform widths, delivered network and budget of a report. */
export function pathOf(
  { delivered, budgets = [] }: ReportData,
  { rounds, references = [] }: SearchResult,
  quantity: CostQuantity,
): SearchPath {
  const final = delivered && {
    label: "delivered",
    accuracy: delivered.accuracy,
    latency_s: delivered.measured_s ?? delivered.predicted_s,
    energy_j: delivered.energy_j,
  };
  const budget = budgets.find((row) => row.quantity === quantity)?.limit;
  return { rounds, references, final, budget };
}

function gainsFigure({ rounds, accuracyOn }: SearchResult): Markup | undefined {
  const known = rounds.filter(
    ({ predictedGain, realisedGain }) => predictedGain !== undefined && realisedGain !== undefined,
  );
  if (known.length === 0) return undefined;
  const columns: readonly Column<RoundRow>[] = [
    roundColumn,
    { head: "predicted", cell: ({ predictedGain }) => numberCell(predictedGain), numeric: true },
    { head: "realised", cell: ({ realisedGain }) => numberCell(realisedGain), numeric: true },
  ];
  return figureMarkup(
    "Promise and outcome",
    (width) => gains(known, width),
    html`Fall of the loss by each round's splits: predicted from the splitting indices, realised on ${accuracyOn}.`,
    table("Fall of the loss in nats", columns, known),
  );
}

const numberCell = (value: number | undefined) =>
  value === undefined ? undefined : formatNumber(value);

const roundColumn: Column<RoundRow> = { head: "round", cell: ({ round }) => round, numeric: true };
const accuracyColumn: Column<RoundRow> = {
  head: "accuracy",
  cell: ({ accuracy }) => (accuracy === undefined ? undefined : formatAccuracy(accuracy)),
  numeric: true,
};
const roundColumns: readonly Column<RoundRow>[] = [
  roundColumn,
  accuracyColumn,
  { head: "loss", cell: ({ loss }) => numberCell(loss), numeric: true },
  {
    head: "latency",
    cell: ({ latency_s }) => readingMarkup(latency_s, formatSeconds),
    numeric: true,
  },
];
const roundEnergyColumns: readonly Column<RoundRow>[] = [
  roundColumn,
  accuracyColumn,
  { head: "energy", cell: ({ energy_j }) => readingMarkup(energy_j, formatJoules), numeric: true },
];

function widthsTable(rounds: readonly RoundRow[]): Markup {
  const layers = Object.keys(rounds.at(-1)?.widths ?? {});
  const columns: readonly Column<RoundRow>[] = [
    roundColumn,
    ...layers.map((layer) => ({
      head: layer,
      cell: ({ widths }: RoundRow) => widths[layer],
      numeric: true,
    })),
  ];
  return table("Widths", columns, rounds);
}

const referenceColumns: readonly (Column<NetworkRow> & { readonly key: keyof NetworkRow })[] = [
  { key: "label", head: "uniform width", cell: ({ label }) => label },
  {
    key: "accuracy",
    head: "accuracy",
    cell: ({ accuracy }) => formatAccuracy(accuracy),
    numeric: true,
  },
  {
    key: "latency_s",
    head: "latency",
    cell: ({ latency_s }) => readingMarkup(latency_s, formatSeconds),
    numeric: true,
  },
  {
    key: "energy_j",
    head: "energy",
    cell: ({ energy_j }) => readingMarkup(energy_j, formatJoules),
    numeric: true,
  },
  {
    key: "macs",
    head: "MACs",
    cell: ({ macs }) => (macs === undefined ? undefined : formatCount(macs)),
    numeric: true,
  },
  {
    key: "parameters",
    head: "parameters",
    cell: ({ parameters }) => (parameters === undefined ? undefined : formatCount(parameters)),
    numeric: true,
  },
];

function referencesTable(references: readonly NetworkRow[]): Markup | undefined {
  if (references.length === 0) return undefined;
  const columns = referenceColumns.filter(({ key }) =>
    references.some((row) => row[key] !== undefined),
  );
  return html`<div class="beside across">${table("Networks of uniform width", columns, references)}</div>`;
}
