import { formatBytes, formatCount, formatJoules, formatPercent } from "../../units.ts";
import { formatAccuracy } from "../marks.ts";
import type { CostQuantity } from "../quantity.ts";
import type { Reading, RivalRow } from "../rows.ts";
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

function accuracyTile({ testAccuracy, testedOn }: DeliveredNetwork, data: ReportData): Markup {
  const rival = bestUniformThatFits(data);
  const against =
    rival &&
    html`<p>best rival that fits, ${rival.label}: ${formatAccuracy(rival.testAccuracy)}</p>`;
  return tile(
    "Test accuracy",
    html`${formatAccuracy(testAccuracy)}`,
    html`<p>on ${testedOn}</p>${against}`,
  );
}

const latencyTile = (delivered: DeliveredNetwork, data: ReportData): Markup =>
  costTile("Latency", "latency_s", delivered, data);

function energyTile(delivered: DeliveredNetwork, data: ReportData): Markup {
  const net = (delivered.verified ?? delivered.predicted)?.netEnergy_j;
  const above =
    net && html`<p>${formatJoules(net.value)}${intervalMarkup(net, formatJoules)} net of idle</p>`;
  const source = data.energy && html`<p>${energyMarkup(data.energy)}</p>`;
  return costTile("Energy per inference", "energy_j", delivered, data, html`${above}${source}`);
}

/** A cost as verified, else as predicted, judged against its budget. */
function costTile(
  name: string,
  quantity: CostQuantity,
  { predicted, verified }: DeliveredNetwork,
  data: ReportData,
  note?: Markup,
): Markup {
  const { format } = quantityWords[quantity];
  const seen = verified?.[quantity];
  const promised = predicted?.[quantity];
  const shown = seen ?? promised;
  if (!shown) return tile(name, html`<span class="absent">absent</span>`, html`${note}`);
  return tile(
    name,
    html`${format(shown.value)}`,
    html`<p>${provenanceTag(shown.provenance)}${intervalMarkup(shown, format)}</p>${seen && promised && promiseLine(promised, seen, format)}${budgetLine(data, quantity, shown.value, { isVerified: seen !== undefined })}${note}`,
  );
}

const promiseLine = (promised: Reading, seen: Reading, format: (value: number) => string): Markup =>
  html`<p>${format(promised.value)} predicted, ${formatPercent(Math.abs(promised.value / seen.value - 1))} off</p>`;

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
  { isVerified = true }: { readonly isVerified?: boolean } = {},
): Markup | undefined {
  const budget = budgets.find((row) => row.quantity === quantity);
  if (!budget || value === undefined) return undefined;
  const limit = quantityWords[quantity].format(budget.limit);
  const reference = budget.reference && html` <span class="interval">(${budget.reference})</span>`;
  const verdict = `${isVerified ? "" : "predicted to be "}${value <= budget.limit ? "within" : "over"}`;
  return value <= budget.limit
    ? html`<p class="met">✓ ${verdict} the budget of ${limit}${reference}</p>`
    : html`<p class="missed">✗ ${verdict} the budget of ${limit}${reference}</p>`;
}

/** Among the uniform widths that meet every budget whose cost is known, the one of most test accuracy. */
function bestUniformThatFits({ search, budgets = [] }: ReportData): RivalRow | undefined {
  const fitting = (search?.rivals ?? []).filter((rival) =>
    budgets.every(({ quantity, limit }) => {
      const value = amountOf(rival, quantity);
      return value !== undefined && value <= limit;
    }),
  );
  return fitting.sort((a, b) => b.testAccuracy - a.testAccuracy)[0];
}

const amountOf = (rival: RivalRow, quantity: BudgetRow["quantity"]): number | undefined =>
  quantity === "latency_s" || quantity === "energy_j"
    ? (rival.verified?.[quantity] ?? rival.predicted[quantity])?.value
    : rival[quantity];

export function tile(name: string, value: Markup, notes: Markup): Markup {
  return html`<div class="tile"><h2>${name}</h2><p class="value">${value}</p>${notes}</div>`;
}
