import { formatJoules, formatPercent, formatSeconds } from "../../units.ts";
import { layerCosts } from "../layer-costs.ts";
import { type CostQuantity, costWords } from "../quantity.ts";
import type { LayerRow } from "../rows.ts";
import type { LayersResult, PlatformRow, ReportData, VerificationNote } from "./data.ts";
import { figureMarkup } from "./figure.ts";
import { dayOf, platformsSentence, readingMarkup } from "./format.ts";
import { html, type Markup } from "./html.ts";
import { type Column, optionalColumn, table } from "./table.ts";

/** The delivered network layer by layer: by the table, and on the device where it was verified. */
export function layersSection({ layers, platforms = [] }: ReportData): Markup | undefined {
  if (!layers || layers.rows.length === 0) return undefined;
  const { rows, verification } = layers;
  const costs = (["latency_s", "energy_j"] as const).filter((quantity) =>
    rows.some(({ predicted }) => predicted[quantity] !== undefined),
  );
  return html`<section>
<h2>${verification ? "Layer by layer, verified on the device" : "Layer by layer"}</h2>
<div class="figures">
${costs.map((quantity) => layersFigure(layers, quantity, platforms))}
<div class="beside across">${table("Layers", columns.filter(optionalColumn(rows)), rows, { open: true })}</div>
</div>
</section>`;
}

function layersFigure(
  { rows, verification }: LayersResult,
  quantity: CostQuantity,
  platforms: readonly PlatformRow[],
): Markup {
  const { title } = costWords[quantity];
  const verified = verification
    ? quantity === "latency_s"
      ? ` Verified: times inside the whole network from the runtime's node profiler, ${runText(verification)}.`
      : " Verified: the table's power of each kind of layer for the time that it took; no meter tells layers apart."
    : " Not yet verified on the device.";
  return figureMarkup(
    `${title} by layer`,
    (width) => layerCosts(rows, quantity, width),
    html`Predicted: by the table, 95 % intervals.${verified} n = ${rows.length} layers.${platformsSentence(platforms)}`,
  );
}

function runText({ measuredAt, samples, attempt }: VerificationNote): string {
  const n = samples === undefined ? "" : `, ${samples} timed samples`;
  const again = attempt !== undefined && attempt > 1 ? `, verified ${attempt} times so far` : "";
  return `${dayOf(measuredAt)}${n}${again}`;
}

const columns: readonly Column<LayerRow>[] = [
  { head: "layer", cell: ({ layer }) => layer },
  {
    head: "latency predicted",
    cell: ({ predicted }) => readingMarkup(predicted.latency_s, formatSeconds),
    numeric: true,
  },
  {
    head: "latency verified",
    cell: ({ verified }) => verified && readingMarkup(verified.latency_s, formatSeconds),
    numeric: true,
  },
  {
    head: "latency error",
    cell: ({ predicted, verified }) =>
      verified && signedPercent(predicted.latency_s.value / verified.latency_s.value - 1),
    numeric: true,
  },
  {
    head: "energy predicted",
    cell: ({ predicted }) => predicted.energy_j && readingMarkup(predicted.energy_j, formatJoules),
    numeric: true,
  },
  {
    head: "energy verified",
    cell: ({ verified }) => verified?.energy_j && readingMarkup(verified.energy_j, formatJoules),
    numeric: true,
  },
];

const signedPercent = (fraction: number): string =>
  `${fraction < 0 ? "−" : "+"}${formatPercent(Math.abs(fraction))}`;
