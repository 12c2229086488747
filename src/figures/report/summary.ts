import {
  formatBytes,
  formatCount,
  formatJoules,
  formatPercent,
  formatSeconds,
} from "../../units.ts";
import { formatAccuracy } from "../marks.ts";
import type { NetworkRow } from "../rows.ts";
import type { BudgetRow, DeliveredNetwork, ReportData } from "./data.ts";
import { energyMarkup, intervalMarkup, provenanceTag, quantityWords } from "./format.ts";
import { html, type Markup } from "./html.ts";

/** The answer first: accuracy, latency, energy and size of the delivered network as tiles. */
export function summarySection(data: ReportData): Markup | undefined {
  const { delivered } = data;
  if (!delivered) return undefined;
  const tiles = [
    accuracyTile(delivered, data),
    ...(data.training ? [] : [latencyTile(delivered, data), energyTile(delivered, data)]),
    sizeTile(delivered, data),
  ];
  return html`<section class="tiles" aria-label="Summary">${tiles}</section>`;
}

function accuracyTile({ accuracy, accuracyOn }: DeliveredNetwork, data: ReportData): Markup {
  const rival = bestUniformThatFits(data);
  const against =
    rival &&
    html`<p>best uniform width that fits, ${rival.label}: ${formatAccuracy(rival.accuracy)}</p>`;
  return tile(
    "Accuracy",
    html`${formatAccuracy(accuracy)}`,
    html`<p>on ${accuracyOn}</p>${against}`,
  );
}

function latencyTile({ measured_s, predicted_s }: DeliveredNetwork, data: ReportData): Markup {
  const shown = measured_s ?? predicted_s;
  if (!shown) return tile("Latency", html`<span class="absent">absent</span>`, html``);
  const predicted =
    measured_s &&
    predicted_s &&
    html`<p>${formatSeconds(predicted_s.value)} predicted, ${formatPercent(Math.abs(predicted_s.value / measured_s.value - 1))} off</p>`;
  return tile(
    "Latency",
    html`${formatSeconds(shown.value)}`,
    html`<p>${provenanceTag(shown.provenance)}${intervalMarkup(shown, formatSeconds)}</p>${predicted}${budgetLine(data, "latency_s", shown.value)}`,
  );
}

function energyTile({ energy_j }: DeliveredNetwork, data: ReportData): Markup {
  const note = data.energy && html`<p>${energyMarkup(data.energy)}</p>`;
  if (!energy_j)
    return tile("Energy per inference", html`<span class="absent">absent</span>`, html`${note}`);
  return tile(
    "Energy per inference",
    html`${formatJoules(energy_j.value)}`,
    html`<p>${provenanceTag(energy_j.provenance)}${intervalMarkup(energy_j, formatJoules)}</p>${budgetLine(data, "energy_j", energy_j.value)}${note}`,
  );
}

function sizeTile(
  { parameters, macs, peakMemory_bytes }: DeliveredNetwork,
  data: ReportData,
): Markup | undefined {
  if (parameters === undefined) return undefined;
  const counts = macs !== undefined && html`<p>${formatCount(macs)} multiply-accumulates</p>`;
  const memory =
    peakMemory_bytes !== undefined &&
    html`<p>${formatBytes(peakMemory_bytes)} peak activation memory</p>`;
  return tile(
    "Parameters",
    html`${formatCount(parameters)}`,
    html`${counts || undefined}${memory || undefined}${budgetLine(data, "parameters", parameters)}${budgetLine(data, "macs", macs)}${budgetLine(data, "peakMemory_bytes", peakMemory_bytes)}`,
  );
}

function budgetLine(
  { budgets = [] }: ReportData,
  quantity: BudgetRow["quantity"],
  value: number | undefined,
): Markup | undefined {
  const budget = budgets.find((row) => row.quantity === quantity);
  if (!budget || value === undefined) return undefined;
  const limit = quantityWords[quantity].format(budget.limit);
  const reference = budget.reference && html` <span class="interval">(${budget.reference})</span>`;
  return value <= budget.limit
    ? html`<p class="met">✓ within the budget of ${limit}${reference}</p>`
    : html`<p class="missed">✗ over the budget of ${limit}${reference}</p>`;
}

/** Among the uniform-width references that meet every budget whose cost is known, the most accurate. */
function bestUniformThatFits({ search, budgets = [] }: ReportData): NetworkRow | undefined {
  const fitting = (search?.references ?? []).filter((row) =>
    budgets.every(({ quantity, limit }) => {
      const cost = row[quantity];
      const value = typeof cost === "object" ? cost.value : cost;
      return value !== undefined && value <= limit;
    }),
  );
  return fitting.sort((a, b) => b.accuracy - a.accuracy)[0];
}

function tile(name: string, value: Markup, notes: Markup): Markup {
  return html`<div class="tile"><h2>${name}</h2><p class="value">${value}</p>${notes}</div>`;
}
