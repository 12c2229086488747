import {
  formatCount,
  formatJoules,
  formatNumber,
  formatPercent,
  formatSeconds,
} from "../../units.ts";
import { cellPath, perplexityCurve } from "../perplexity.ts";
import type { CellRow, PerplexityRow } from "../rows.ts";
import type { PredictedWord, ReportData, TextSearchResult } from "./data.ts";
import { figureMarkup } from "./figure.ts";
import { readingMarkup } from "./format.ts";
import { html, type Markup } from "./html.ts";
import { tile } from "./summary.ts";
import { type Column, optionalColumn, table } from "./table.ts";

/** A search for a recurrent cell, or the training of one: what it delivers, the way there, and the training of what was found. */
export function textSection({ text }: ReportData): Markup | undefined {
  if (!text) return undefined;
  const { method, cells, curve, dataset, recipe } = text;
  const way =
    cells &&
    figureMarkup(
      "Edges removed",
      (width) => cellPath(cells, width),
      html`Every cell tried, one edge less a step, each trained from scratch on the beginning of the text. n = ${cells.length} cells.`,
      table("Cells tried", cellColumns.filter(optionalColumn(cells)), cells),
    );
  const training = cells ? "Perplexity of the cell found" : "Perplexity";
  return html`${tiles(text)}
<section>
<h2>${cells ? "Search" : "Training"}</h2>
<p>${cells ? `Method ${method} for recurrent cells` : method} on ${dataset}: ${recipe}.</p>
<div class="figures">
${way}
${figureMarkup(training, (width) => perplexityCurve(curve, width), html`From scratch on the whole text.`, table("Epochs", epochColumns, curve))}
</div>
</section>`;
}

function tiles(result: TextSearchResult): Markup {
  const { testPerplexity, parameters, limit, macs, macsLimit, wiring, step_s, predicted } = result;
  const work = macs !== undefined && html`<p>${formatCount(macs)} multiply-accumulates a word</p>`;
  return html`<section class="tiles" aria-label="Summary">
${tile("Test perplexity", html`${formatNumber(testPerplexity)}`, html`<p>read once, at the end</p>`)}
${step_s && tile("Latency of a word", readingMarkup(step_s, formatSeconds), html`<p>one step of the model</p>`)}
${predicted && predictedTiles(predicted)}
${tile("Parameters", html`${formatCount(parameters)}`, html`${withinLimit(limit)}${work || undefined}${withinLimit(macsLimit)}<p>${wiring}</p>`)}
</section>`;
}

/** By the table: a network's other steps are in no table of layers, and what they take is said beside it. */
const predictedTiles = ({
  latency_s,
  energy_j,
  guessedShare,
  latencyLimit_s,
  energyLimit_j,
}: PredictedWord): Markup =>
  html`${tile("Latency of a word, predicted", readingMarkup(latency_s, formatSeconds), html`<p>${formatPercent(guessedShare)} of it from work alone</p>${withinLimit(latencyLimit_s, formatSeconds)}`)}
${energy_j && tile("Energy of a word, predicted", readingMarkup(energy_j, formatJoules), html`${withinLimit(energyLimit_j, formatJoules)}`)}`;

const withinLimit = (
  limit: number | undefined,
  format: (limit: number) => string = formatCount,
): Markup | undefined =>
  limit === undefined
    ? undefined
    : html`<p class="met">✓ within the budget of ${format(limit)}</p>`;

const number = (value: number | undefined) =>
  value === undefined ? undefined : formatNumber(value);

const cellColumns: readonly Column<CellRow>[] = [
  { head: "step", cell: ({ step }) => step, numeric: true },
  { head: "edges", cell: ({ edges }) => edges, numeric: true },
  { head: "held-out perplexity", cell: ({ perplexity }) => number(perplexity), numeric: true },
  { head: "score", cell: ({ score }) => number(score), numeric: true },
  {
    head: "",
    cell: ({ isKept, isDelivered }) =>
      isDelivered ? "delivered" : isKept ? "gone on with" : undefined,
  },
  { head: "wiring", cell: ({ wiring }) => wiring, prose: true },
];

const epochColumns: readonly Column<PerplexityRow>[] = [
  { head: "epoch", cell: ({ epoch }) => epoch, numeric: true },
  { head: "training perplexity", cell: ({ training }) => formatNumber(training), numeric: true },
  { head: "held-out perplexity", cell: ({ heldOut }) => formatNumber(heldOut), numeric: true },
];
