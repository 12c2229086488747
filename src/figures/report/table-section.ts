import { formatJoules, formatPercent, formatSeconds } from "../../units.ts";
import { costCurve } from "../cost-curve.ts";
import { type CanaryRow, drift } from "../drift.ts";
import { heldOut } from "../held-out.ts";
import { type CostQuantity, provenancesOf } from "../quantity.ts";
import { renderFigure } from "../render.ts";
import type { CurveRow, HeldOutRow, StairRow } from "../rows.ts";
import type { HeldOutError, PlatformRow, ReportData } from "./data.ts";
import { figureMarkup } from "./figure.ts";
import { energyMarkup, measuredDays, platformsSentence, readingMarkup } from "./format.ts";
import { html, type Markup, trusted } from "./html.ts";
import { type Column, optionalColumn, table } from "./table.ts";

/** What the table holds: platforms, whether its kernels add up, and the cost curves with their stairs. */
export function tableSection(data: ReportData): Markup | undefined {
  const { platforms = [], energy, heldOut: errors = [], curves = [], stairs = [] } = data;
  const { canary = [] } = data;
  if (platforms.length + errors.length + curves.length === 0) return undefined;
  return html`<section>
<h2>Measured costs</h2>
${platforms.length > 0 ? table("Platforms", platformColumns, platforms) : undefined}
${energy && html`<p>${energyMarkup(energy)}</p>`}
${errors.length > 0 ? heldOutFigures(errors, platforms) : undefined}
${curves.length > 0 ? curvesFigure(curves, stairs, platforms) : undefined}
${canary.length > 0 ? driftFigure(canary, platforms) : undefined}
</section>`;
}

function heldOutFigures(
  errors: readonly HeldOutError[],
  platforms: readonly PlatformRow[],
): Markup {
  const summary = table("Error on networks held out of the table", errorColumns, errors);
  return html`<div class="figures">
${errors.map((error) => heldOutFigure(error, platforms))}
<div class="beside">
<h3>Do the kernels add up?</h3>
<p class="note">A table of kernels is worth what its sums are worth: these networks were measured whole and not used to make it.</p>
${summary}
</div>
</div>`;
}

function heldOutFigure(error: HeldOutError, platforms: readonly PlatformRow[]): Markup | undefined {
  const { space, rows = [], medianError, p90Error } = error;
  if (rows.length === 0) return undefined;
  const caption = html`Networks of ${space} that the table was not made from: sum over kernels against the network measured whole; n = ${rows.length}, median error ${formatPercent(medianError)}, 90th percentile ${formatPercent(p90Error)}.${platformsSentence(platforms)}`;
  return figureMarkup(
    `Held-out networks, ${space}`,
    (width) => heldOut(rows, width),
    caption,
    table("Held-out networks", heldOutColumns, rows),
  );
}

function curvesFigure(
  curves: readonly CurveRow[],
  stairs: readonly StairRow[],
  platforms: readonly PlatformRow[],
): Markup {
  const layers = [...new Set(curves.map(({ layer }) => layer))];
  const energies = curves.flatMap(({ energy_j }) => energy_j ?? []);
  const panels = layers.flatMap((layer) => {
    const ofLayer = (row: { readonly layer: string }) => row.layer === layer;
    const own = curves.filter(ofLayer);
    const quantities: readonly CostQuantity[] = own.some(({ energy_j }) => energy_j)
      ? ["latency_s", "energy_j"]
      : ["latency_s"];
    return quantities.map((quantity) => {
      const panel = costCurve(own, stairs.filter(ofLayer), quantity);
      return html`<div>${trusted(renderFigure(panel))}</div>`;
    });
  });
  const joules =
    energies.length > 0
      ? ` Energy, right of latency: ${provenancesOf(energies)}, the power of such a layer for its time.`
      : "";
  return html`<figure class="whole">
<h3>Cost curves</h3>
<div class="panels${energies.length > 0 ? " pairs" : ""}">${panels}</div>
<figcaption>Cost of one kernel inside a network against its output width: filled as rows of exactly this width say or derived from a meter, hollow smoothed over the family or modelled, whiskers and band 95 % intervals; bars mark the treads of detected stairs, widths that cost the same.${joules} n = ${curves.length} widths.${platformsSentence(platforms)}</figcaption>
${table("Cost curves", curveColumns.filter(optionalColumn(curves)), curves)}
</figure>`;
}

function driftFigure(canary: readonly CanaryRow[], platforms: readonly PlatformRow[]): Markup {
  const caption = html`The canary, one network that is measured in every block: what it gained or lost, all networks of that time did. n = ${canary.length} blocks.${platformsSentence(platforms)}`;
  return figureMarkup(
    "The machine over time",
    (width) => drift(canary, width),
    caption,
    table("Canary", canaryColumns, canary),
  );
}

const canaryColumns: readonly Column<CanaryRow>[] = [
  { head: "session", cell: ({ session }) => session },
  { head: "measured", cell: ({ measuredAt }) => measuredAt },
  { head: "latency", cell: ({ latency_s }) => formatSeconds(latency_s), numeric: true },
];

const platformColumns: readonly Column<PlatformRow>[] = [
  { head: "device", cell: ({ device }) => device },
  { head: "processor", cell: ({ processor }) => processor },
  { head: "runtime", cell: ({ runtime, runtimeVersion }) => `${runtime} ${runtimeVersion}` },
  { head: "precision", cell: ({ precision }) => precision },
  { head: "threads", cell: ({ threads }) => threads, numeric: true },
  { head: "power mode", cell: ({ powerMode }) => powerMode },
  { head: "networks", cell: ({ networks }) => networks, numeric: true },
  { head: "kernels", cell: ({ kernels }) => kernels, numeric: true },
  {
    head: "measured",
    cell: measuredDays,
  },
];

const errorColumns: readonly Column<HeldOutError>[] = [
  { head: "space", cell: ({ space }) => space },
  { head: "design", cell: ({ designNetworks }) => designNetworks, numeric: true },
  { head: "held out", cell: ({ heldOutNetworks }) => heldOutNetworks, numeric: true },
  { head: "median error", cell: ({ medianError }) => formatPercent(medianError), numeric: true },
  { head: "90th percentile", cell: ({ p90Error }) => formatPercent(p90Error), numeric: true },
];

const heldOutColumns: readonly Column<HeldOutRow>[] = [
  { head: "network", cell: ({ network }) => network },
  { head: "predicted", cell: ({ predicted_s }) => formatSeconds(predicted_s), numeric: true },
  { head: "measured", cell: ({ measured_s }) => formatSeconds(measured_s), numeric: true },
  {
    head: "error",
    cell: ({ predicted_s, measured_s }) => formatPercent(Math.abs(predicted_s / measured_s - 1)),
    numeric: true,
  },
];

const curveColumns: readonly Column<CurveRow>[] = [
  { head: "layer", cell: ({ layer }) => layer },
  { head: "kernel", cell: ({ kernel }) => kernel },
  { head: "width", cell: ({ width }) => width, numeric: true },
  {
    head: "latency",
    cell: ({ latency_s }) => readingMarkup(latency_s, formatSeconds),
    numeric: true,
  },
  {
    head: "rows of this width",
    cell: ({ measured_s }) => measured_s && readingMarkup(measured_s, formatSeconds),
    numeric: true,
  },
  {
    head: "energy",
    cell: ({ energy_j }) => energy_j && readingMarkup(energy_j, formatJoules),
    numeric: true,
  },
];
