import { formatNumber, formatSeconds } from "../../units.ts";
import { formatAccuracy } from "../marks.ts";
import type { ShapeRow } from "../rows.ts";
import { shapesTried } from "../shapes.ts";
import type { SearchResult } from "./data.ts";
import { figureMarkup } from "./figure.ts";
import { readingMarkup } from "./format.ts";
import { html, type Markup } from "./html.ts";
import { type Column, table } from "./table.ts";

/** The networks of the whole budget that a search tried from scratch, best first. */
export function shapesFigure({ shapes = [], heldOutOn }: SearchResult): Markup | undefined {
  if (shapes.length === 0) return undefined;
  return html`${figureMarkup(
    "Shapes tried",
    (width) => shapesTried(shapes, width),
    html`Networks of the whole budget, each trained from scratch under the same draws of chance; loss on ${heldOutOn}. Trials and comparison differ in epochs: compare like marks only.`,
  )}
<div class="beside">${table("Shapes tried", columns, shapes, { open: true })}</div>`;
}

const number = (value: number | undefined) =>
  value === undefined ? undefined : formatNumber(value);

const columns: readonly Column<ShapeRow>[] = [
  { head: "shape", cell: ({ label }) => label },
  { head: "widths", cell: ({ widths }) => Object.values(widths).join("-") },
  { head: "trial loss", cell: ({ trialLoss }) => number(trialLoss), numeric: true },
  { head: "loss compared", cell: ({ finalLoss }) => number(finalLoss), numeric: true },
  {
    head: "held-out accuracy",
    cell: ({ heldOutAccuracy }) =>
      heldOutAccuracy === undefined ? undefined : formatAccuracy(heldOutAccuracy),
    numeric: true,
  },
  {
    head: "latency",
    cell: ({ latency_s }) => readingMarkup(latency_s, formatSeconds),
    numeric: true,
  },
];
