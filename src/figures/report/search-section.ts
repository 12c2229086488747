import { formatJoules, formatNumber, formatSeconds } from "../../units.ts";
import { gains } from "../gains.ts";
import { formatAccuracy } from "../marks.ts";
import { pathMap } from "../path-map.ts";
import type { RoundRow, StairRow } from "../rows.ts";
import type { ReportData, SearchResult, VerdictRow } from "./data.ts";
import { figureMarkup } from "./figure.ts";
import { readingMarkup } from "./format.ts";
import { frontFigures } from "./front-section.ts";
import { html, type Markup } from "./html.ts";
import { shapesFigure } from "./shapes-section.ts";
import { type Column, optionalColumn, table } from "./table.ts";

/** What the search found and what it tried, the widths along its path, and its promises against what came. */
export function searchSection(data: ReportData): Markup | undefined {
  const { search } = data;
  if (!search || search.rounds.length === 0) return undefined;
  return html`<section>
<h2>Search</h2>
<p>Method ${search.method} on ${search.dataset}; costs from ${search.costSource}.${search.ended ? ` Growth ended: ${search.ended}.` : ""}</p>
<div class="figures">
${frontFigures(data, search)}
${pathFigure(search, data.stairs)}
${gainsFigure(search)}
<div class="beside across">${table("Rounds", roundColumns(search.rounds), search.rounds)}
${verdictsTable(search.verdicts ?? [])}</div>
${shapesFigure(search)}
</div>
</section>`;
}

function pathFigure({ rounds }: SearchResult, stairs: readonly StairRow[] = []): Markup {
  const steps = Object.fromEntries(stairs.map(({ layer, step }) => [layer, step]));
  return figureMarkup(
    "Widths along the path",
    (width) => pathMap(rounds, steps, width),
    html`Neurons of every layer in the network that the search went on with after each round, first layer on top; fuller colour is wider within a layer. A bar marks widths at the end of a step of cost: one neuron more would cost the next step. n = ${rounds.length} rounds.`,
  );
}

function gainsFigure({ rounds, heldOutOn }: SearchResult): Markup | undefined {
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
    html`Fall of the loss by each round's splits: predicted from the splitting indices, realised on ${heldOutOn}.`,
    table("Fall of the loss in nats", columns, known),
  );
}

const verdictsTable = (verdicts: readonly VerdictRow[]): Markup | undefined =>
  verdicts.length === 0 ? undefined : table("What rounds decided", verdictColumns, verdicts);

const verdictColumns: readonly Column<VerdictRow>[] = [
  { head: "round", cell: ({ round }) => round, numeric: true },
  { head: "kind", cell: ({ kind }) => kind },
  { head: "verdict", cell: ({ verdict }) => verdict, prose: true },
];

const numberCell = (value: number | undefined) =>
  value === undefined ? undefined : formatNumber(value);

const roundColumn: Column<RoundRow> = { head: "round", cell: ({ round }) => round, numeric: true };

function roundColumns(rounds: readonly RoundRow[]): readonly Column<RoundRow>[] {
  const layers = Object.keys(rounds.at(-1)?.widths ?? {});
  const columns: readonly Column<RoundRow>[] = [
    roundColumn,
    { head: "kind", cell: ({ kind }) => kind },
    {
      head: "held-out accuracy",
      cell: ({ heldOutAccuracy }) =>
        heldOutAccuracy === undefined ? undefined : formatAccuracy(heldOutAccuracy),
      numeric: true,
    },
    { head: "loss", cell: ({ loss }) => numberCell(loss), numeric: true },
    {
      head: "latency",
      cell: ({ latency_s }) => latency_s && readingMarkup(latency_s, formatSeconds),
      numeric: true,
    },
    {
      head: "energy",
      cell: ({ energy_j }) => energy_j && readingMarkup(energy_j, formatJoules),
      numeric: true,
    },
    ...layers.map((layer) => ({
      head: layer,
      cell: ({ widths }: RoundRow) => widths[layer],
      numeric: true,
    })),
  ];
  return columns.filter(optionalColumn(rounds));
}
