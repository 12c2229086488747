import { formatCount, formatJoules, formatSeconds } from "../../units.ts";
import { formatAccuracy } from "../marks.ts";
import { pareto, paretoFront, rivalsShown, type SearchField } from "../pareto.ts";
import type { CostQuantity } from "../quantity.ts";
import type { CandidateRow, Costs, Reading, RivalRow } from "../rows.ts";
import { shareInterval, type TestedRow, tested } from "../tested.ts";
import type { DeliveredNetwork, ReportData, SearchResult } from "./data.ts";
import { figureMarkup } from "./figure.ts";
import { platformsSentence, quantityWords, readingMarkup } from "./format.ts";
import { html, type Markup } from "./html.ts";
import { type Column, optionalColumn, table } from "./table.ts";

/** What was found: finished networks on the test set, and every network trained on held-out examples; one figure per cost. */
export function frontFigures(data: ReportData, search: SearchResult): Markup {
  const costs = (["latency_s", "energy_j"] as const).filter((quantity) =>
    search.candidates.some((row) => row[quantity] !== undefined),
  );
  return html`${costs.map((quantity) => testedFigure(data, search, quantity))}
${data.delivered ? html`<div class="beside across">${finishedTable(data.delivered, search.rivals ?? [])}</div>` : undefined}
${costs.map((quantity) => paretoFigure(data, search, quantity))}
${search.candidates.length > 0 ? html`<div class="beside across">${candidatesTable(search.candidates, costs)}</div>` : undefined}`;
}

const limitOf = ({ budgets = [] }: ReportData, quantity: CostQuantity): number | undefined =>
  budgets.find((row) => row.quantity === quantity)?.limit;

/** What a network costs: seen on the device where it was, else by the table. */
const known = (
  { predicted, verified }: Pick<DeliveredNetwork, "predicted" | "verified">,
  quantity: CostQuantity,
): Reading | undefined => verified?.[quantity] ?? predicted?.[quantity];

/** Finished networks with their costs, for one figure; those of unknown cost are left out. */
export function testedRows(
  delivered: DeliveredNetwork,
  rivals: readonly RivalRow[],
  quantity: CostQuantity,
): readonly TestedRow[] {
  const row = (
    label: string,
    isReference: boolean,
    accuracy: number,
    costs: { readonly predicted?: Costs | undefined; readonly verified?: Costs | undefined },
  ): readonly TestedRow[] => {
    const cost = known(costs, quantity);
    if (!cost) return [];
    const { testCount } = delivered;
    const interval = testCount ? shareInterval(accuracy, testCount) : {};
    return [{ label, isReference, accuracy: { value: accuracy, ...interval }, cost }];
  };
  return [
    ...rivals.flatMap((rival) => row(rival.label, true, rival.testAccuracy, rival)),
    ...row("delivered", false, delivered.testAccuracy, delivered),
  ];
}

function testedFigure(
  data: ReportData,
  { rivals = [] }: SearchResult,
  quantity: CostQuantity,
): Markup | undefined {
  const { delivered, platforms = [] } = data;
  if (!delivered || rivals.length === 0) return undefined;
  const rows = testedRows(delivered, rivals, quantity);
  if (rows.length === 0) return undefined;
  const { name } = quantityWords[quantity];
  return figureMarkup(
    `Test accuracy against ${name}`,
    (width) => tested(rows, quantity, limitOf(data, quantity), width),
    html`The delivered network beside uniform widths trained as long, on ${delivered.testedOn} that no search saw; whiskers are 95 % intervals of both; n = ${rows.length} networks.${platformsSentence(platforms)}`,
  );
}

function paretoFigure(
  data: ReportData,
  { candidates, rivals = [], heldOutOn }: SearchResult,
  quantity: CostQuantity,
): Markup {
  const budget = limitOf(data, quantity);
  const field: SearchField = { candidates, rivals, budget };
  const left = rivals.length - rivalsShown(field, quantity).length;
  const outside = left === 0 ? "" : ` Uniform widths far beyond the budget (${left}) are left out.`;
  return figureMarkup(
    `Pareto front: accuracy against ${quantityWords[quantity].name}`,
    (width) => pareto(field, quantity, width),
    html`Every network that the search trained, by its accuracy on ${heldOutOn} and its cost by the table; the line is the front that none beats. Trainings differ in length: a short trial stands below what it could reach. n = ${candidates.length} networks.${outside}${platformsSentence(data.platforms)}`,
  );
}

const accuracyCell = (accuracy: number | undefined) =>
  accuracy === undefined ? undefined : formatAccuracy(accuracy);

interface FinishedRow {
  readonly label: string;
  readonly heldOutAccuracy?: number | undefined;
  readonly testAccuracy: number;
  readonly predicted?: Costs | undefined;
  readonly verified?: Costs | undefined;
  readonly macs?: number | undefined;
  readonly parameters?: number | undefined;
}

function finishedTable(delivered: DeliveredNetwork, rivals: readonly RivalRow[]): Markup {
  const rows: readonly FinishedRow[] = [{ label: "delivered", ...delivered }, ...rivals];
  return table("Finished networks", finishedColumns.filter(optionalColumn(rows)), rows, {
    open: true,
  });
}

const finishedColumns: readonly Column<FinishedRow>[] = [
  { head: "network", cell: ({ label }) => label },
  {
    head: "test accuracy",
    cell: ({ testAccuracy }) => accuracyCell(testAccuracy),
    numeric: true,
  },
  {
    head: "latency predicted",
    cell: ({ predicted }) => predicted && readingMarkup(predicted.latency_s, formatSeconds),
    numeric: true,
  },
  {
    head: "latency verified",
    cell: ({ verified }) => verified && readingMarkup(verified.latency_s, formatSeconds),
    numeric: true,
  },
  {
    head: "energy predicted",
    cell: ({ predicted }) => predicted?.energy_j && readingMarkup(predicted.energy_j, formatJoules),
    numeric: true,
  },
  {
    head: "energy verified",
    cell: ({ verified }) => verified?.energy_j && readingMarkup(verified.energy_j, formatJoules),
    numeric: true,
  },
  {
    head: "net of idle",
    cell: ({ verified }) =>
      verified?.netEnergy_j && readingMarkup(verified.netEnergy_j, formatJoules),
    numeric: true,
  },
  { head: "MACs", cell: ({ macs }) => macs && formatCount(macs), numeric: true },
  {
    head: "parameters",
    cell: ({ parameters }) => parameters && formatCount(parameters),
    numeric: true,
  },
];

/** Candidates, and on which fronts they lie. */
function candidatesTable(
  candidates: readonly CandidateRow[],
  costs: readonly CostQuantity[],
): Markup {
  const fronts = costs.map((quantity) => ({
    name: quantityWords[quantity].name,
    rows: new Set(paretoFront(candidates, quantity)),
  }));
  const columns: readonly Column<CandidateRow>[] = [
    { head: "round", cell: ({ round }) => round, numeric: true },
    { head: "kind", cell: ({ kind }) => kind },
    {
      head: "network",
      cell: ({ label, isDelivered }) => `${label}${isDelivered ? ", delivered" : ""}`,
    },
    { head: "weights", cell: ({ origin }) => (origin === "grown" ? "grown" : "from scratch") },
    {
      head: "held-out accuracy",
      cell: ({ heldOutAccuracy }) => accuracyCell(heldOutAccuracy),
      numeric: true,
    },
    {
      head: "latency",
      cell: ({ latency_s }) => readingMarkup(latency_s, formatSeconds),
      numeric: true,
    },
    {
      head: "energy",
      cell: ({ energy_j }) => energy_j && readingMarkup(energy_j, formatJoules),
      numeric: true,
    },
    {
      head: "on the front of",
      cell: (row) =>
        fronts
          .filter(({ rows }) => rows.has(row))
          .map(({ name }) => name)
          .join(", "),
    },
    { head: "widths", cell: ({ widths }) => Object.values(widths).join("-") },
  ];
  return table("Networks trained", columns.filter(optionalColumn(candidates)), candidates);
}
