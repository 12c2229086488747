import { formatNumber } from "../../units.ts";
import { accuracyCurve, lossCurve } from "../curves.ts";
import { formatAccuracy } from "../marks.ts";
import type { EpochRow } from "../rows.ts";
import type { ReportData } from "./data.ts";
import { figureMarkup } from "./figure.ts";
import { html, type Markup } from "./html.ts";
import { type Column, table } from "./table.ts";

/** The course of a plain training. */
export function trainingSection({ training }: ReportData): Markup | undefined {
  if (!training || training.epochs.length === 0) return undefined;
  const { epochs, heldOutOn } = training;
  return html`<section>
<h2>Training</h2>
<p>${training.network} on ${training.dataset}: ${training.recipe}.</p>
<div class="figures">
${figureMarkup("Loss", (width) => lossCurve(epochs, width), html`Training loss as the weights moved, held-out loss after each epoch on ${heldOutOn}.`, table("Epochs", columns, epochs))}
${figureMarkup("Accuracy", (width) => accuracyCurve(epochs, width), html`On ${heldOutOn}.`)}
</div>
</section>`;
}

const columns: readonly Column<EpochRow>[] = [
  { head: "epoch", cell: ({ epoch }) => epoch, numeric: true },
  { head: "training loss", cell: ({ trainingLoss }) => formatNumber(trainingLoss), numeric: true },
  { head: "held-out loss", cell: ({ heldOutLoss }) => formatNumber(heldOutLoss), numeric: true },
  {
    head: "held-out accuracy",
    cell: ({ heldOutAccuracy }) => formatAccuracy(heldOutAccuracy),
    numeric: true,
  },
];
