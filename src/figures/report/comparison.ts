import { formatBytes, formatCount, formatJoules, formatSeconds } from "../../units.ts";
import { fronts } from "../fronts.ts";
import { formatAccuracy } from "../marks.ts";
import { type CostQuantity, costWords } from "../quantity.ts";
import { shareInterval, type TestedRow, tested } from "../tested.ts";
import type { BudgetRow, DeliveredNetwork, PlatformRow, SearchResult } from "./data.ts";
import { figureMarkup } from "./figure.ts";
import { platformLine, quantityWords, readingMarkup } from "./format.ts";
import { testedRows } from "./front-section.ts";
import { html, type Markup } from "./html.ts";
import { pageMarkup } from "./page.ts";
import { type Column, optionalColumn, table } from "./table.ts";

/** One of the searches compared. */
export interface ComparedSearch {
  /** Its folder. */
  readonly name: string;
  /** The network searched over. */
  readonly network: string;
  readonly recipe: string;
  readonly seed: number;
  readonly platform: PlatformRow;
  readonly budgets: readonly BudgetRow[];
  readonly delivered: DeliveredNetwork;
  readonly search: SearchResult;
  /** What training took over all candidates, kept or not. */
  readonly trainings: number;
  readonly trainedExamples: number;
  readonly trainedMacs: number;
}

export interface ComparisonData {
  readonly title: string;
  /** ISO 8601. */
  readonly generatedAt: string;
  readonly toolVersion: string;
  readonly command?: string | undefined;
  readonly searches: readonly ComparedSearch[];
}

/** Several searches on one self-contained page; only those of one data set, network and platform stand in one figure. */
export const renderComparison = (data: ComparisonData): string =>
  pageMarkup(data, {
    facts: [`${data.searches.length} searches`],
    body: comparisonSections(data.searches),
  });

/** The sections of a comparison, a group of comparable searches each. */
export function comparisonSections(searches: readonly ComparedSearch[]): Markup {
  const keys = [...new Set(searches.map(comparableKey))];
  const several =
    keys.length > 1
      ? html`<p class="note">These searches differ in data, network or platform: only like ones are held against each other.</p>`
      : undefined;
  const groups = keys.map((key) => searches.filter((one) => comparableKey(one) === key));
  return html`${several}${groups.map(groupSection)}`;
}

/** What searches must share to be held against each other. */
const comparableKey = ({ network, search, platform, delivered }: ComparedSearch): string =>
  [network, search.dataset, delivered.testedOn, platformLine(platform)].join("; ");

function groupSection(searches: readonly ComparedSearch[]): Markup {
  const [first] = searches;
  if (!first) throw new Error("A group of searches without any");
  const costs = (["latency_s", "energy_j"] as const).filter((quantity) =>
    searches.every(({ delivered }) => delivered.predicted?.[quantity] !== undefined),
  );
  return html`<section>
<h2>${first.network} on ${first.search.dataset}</h2>
<p>${platformLine(first.platform)}</p>
<div class="beside">${methodsTable(searches)}</div>
<div class="figures">
${costs.map((quantity) => testedFigure(searches, quantity))}
${costs.map((quantity) => frontsFigure(searches, quantity))}
</div>
</section>`;
}

/** The delivered networks of all searches, and every uniform width once, as tested. */
function testedFigure(searches: readonly ComparedSearch[], quantity: CostQuantity): Markup {
  const rows = new Map<string, TestedRow>();
  for (const { name, delivered, search } of searches)
    for (const row of testedRows(delivered, search.rivals ?? [], quantity)) {
      const label = row.isReference ? row.label : name;
      rows.set(`${label} ${row.isReference} ${row.cost.value}`, { ...row, label });
    }
  const [first] = searches;
  return figureMarkup(
    `Test accuracy against ${quantityWords[quantity].name}`,
    (width) => tested([...rows.values()], quantity, oneLimit(searches, quantity), width),
    html`What each search delivered, and uniform widths trained beside them, on ${first?.delivered.testedOn}; whiskers are 95 % intervals of both axes, chance of training not among them: one seed each. Filled: seen on the device; hollow: by the table. n = ${rows.size} networks.`,
  );
}

function frontsFigure(searches: readonly ComparedSearch[], quantity: CostQuantity): Markup {
  const lines = searches.map(({ name, search }) => ({
    label: name,
    candidates: search.candidates,
  }));
  return figureMarkup(
    `Fronts: held-out accuracy against ${quantityWords[quantity].name}`,
    (width) => fronts(lines, quantity, oneLimit(searches, quantity), width),
    html`Of each search the networks that no other of it beats, by the table's cost and the accuracy on training images held out; large: delivered. n = ${searches.reduce((sum, { search }) => sum + search.candidates.length, 0)} networks trained.`,
  );
}

/** The limit that all have, if it is one. */
function oneLimit(searches: readonly ComparedSearch[], quantity: CostQuantity): number | undefined {
  const limits = new Set(
    searches.map(({ budgets }) => budgets.find((row) => row.quantity === quantity)?.limit),
  );
  const [limit] = limits;
  return limits.size === 1 ? limit : undefined;
}

const methodsTable = (searches: readonly ComparedSearch[]): Markup =>
  table("Searches", columns.filter(optionalColumn(searches)), searches, { open: true });

const limitFormats: { readonly [Q in BudgetRow["quantity"]]: (value: number) => string } = {
  latency_s: formatSeconds,
  energy_j: formatJoules,
  macs: (value) => `${formatCount(value)} MACs`,
  parameters: (value) => `${formatCount(value)} parameters`,
  peakMemory_bytes: formatBytes,
};

const columns: readonly Column<ComparedSearch>[] = [
  { head: "search", cell: ({ name }) => name },
  { head: "method", cell: ({ search }) => search.method },
  { head: "test accuracy", cell: ({ delivered }) => accuracyCell(delivered), numeric: true },
  {
    head: "held-out accuracy",
    cell: ({ search }) => {
      const own = search.candidates.find(({ isDelivered }) => isDelivered);
      return own && formatAccuracy(own.heldOutAccuracy);
    },
    numeric: true,
  },
  costColumn("latency_s", "verified"),
  costColumn("energy_j", "verified"),
  { head: "budget kept", cell: keptCell },
  {
    head: "budget",
    cell: ({ budgets }) =>
      budgets.map(({ quantity, limit }) => limitFormats[quantity](limit)).join(", "),
  },
  {
    head: "widths",
    cell: ({ search }) => Object.values(search.rounds.at(-1)?.widths ?? {}).join("-"),
  },
  costColumn("latency_s", "predicted"),
  costColumn("energy_j", "predicted"),
  {
    head: "MACs",
    cell: ({ delivered }) => delivered.macs && formatCount(delivered.macs),
    numeric: true,
  },
  {
    head: "parameters",
    cell: ({ delivered }) => delivered.parameters && formatCount(delivered.parameters),
    numeric: true,
  },
  { head: "recipe", cell: ({ recipe }) => recipe },
  { head: "seed", cell: ({ seed }) => seed, numeric: true },
  { head: "trainings", cell: ({ trainings }) => trainings, numeric: true },
  {
    head: "examples trained",
    cell: ({ trainedExamples }) => formatCount(trainedExamples),
    numeric: true,
  },
  { head: "training MACs", cell: ({ trainedMacs }) => formatCount(trainedMacs), numeric: true },
];

function accuracyCell({ testAccuracy, testCount }: DeliveredNetwork): Markup {
  if (!testCount) return html`${formatAccuracy(testAccuracy)}`;
  const { low, high } = shareInterval(testAccuracy, testCount);
  return html`${formatAccuracy(testAccuracy)} <span class="interval">± ${(50 * (high - low)).toFixed(2)}</span>`;
}

function costColumn(
  quantity: CostQuantity,
  side: "predicted" | "verified",
): Column<ComparedSearch> {
  const { title, format } = costWords[quantity];
  return {
    head: `${title.toLowerCase()} ${side}`,
    cell: ({ delivered }) => {
      const reading = delivered[side]?.[quantity];
      return reading && readingMarkup(reading, format);
    },
    numeric: true,
  };
}

/** Judged where the network was run; a prediction within the budget promises nothing yet. */
function keptCell({ delivered: { verified }, budgets }: ComparedSearch): Markup {
  if (!verified) return html`<span class="absent">not verified</span>`;
  const missed = budgets.filter(({ quantity, limit }) => {
    const seen =
      quantity === "latency_s" || quantity === "energy_j" ? verified[quantity]?.value : undefined;
    return seen !== undefined && seen > limit;
  });
  return missed.length === 0
    ? html`<span class="met">✓ yes</span>`
    : html`<span class="missed">✗ ${missed.map(({ quantity }) => quantityWords[quantity].name).join(", ")}</span>`;
}
