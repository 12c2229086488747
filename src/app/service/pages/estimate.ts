import type { CostTable } from "../../../../energy-db/index.ts";
import { figureMarkup, html, layerShares, type Markup, table } from "../../../figures/index.ts";
import { formatCount, formatJoules, formatPercent, formatSeconds } from "../../../units.ts";
import {
  describeStep,
  type ModelReport,
  precisionNote,
  shareRows,
} from "../../workflows/estimate-model.ts";
import { page } from "./layout.ts";

/** What was estimated, of which file, from which table. */
export interface Estimated {
  readonly file: string;
  readonly costs: CostTable;
  readonly report: ModelReport;
}

/** A platform or an imported table to estimate with. */
export interface EstimateChoice {
  readonly value: string;
  readonly label: string;
}

/** A form for an ONNX file, and below it what the file's model costs. */
export const estimatePage = (
  choices: readonly EstimateChoice[],
  estimated: Estimated | undefined,
): string =>
  page({
    title: "Estimate a model",
    trail: [["estimate", "/estimate"]],
    json: "/estimate.json",
    body: html`${choices.length === 0 ? nothingKnown : form(choices, estimated?.costs)}${estimated ? costsMarkup(estimated) : undefined}`,
  });

const nothingKnown = html`<p>The table holds no costs to estimate with.</p>
<p class="note">Measure some: <code>wattsplit profile --model MODEL.onnx --db FILE</code> measures what a model needs.</p>`;

function form(choices: readonly EstimateChoice[], used: CostTable | undefined): Markup {
  const options = choices.map(
    ({ value, label }) =>
      html`<option value="${value}"${value === `${used?.platform.id}` ? html` selected` : undefined}>${label}</option>`,
  );
  return html`<form method="post" action="/estimate" enctype="multipart/form-data">
<label>ONNX file, float32 or int8 (QDQ)<input type="file" name="model" accept=".onnx" required></label>
<label>on<select name="platform">${options}</select></label>
<button>Estimate</button><button formaction="/estimate.json">As JSON</button>
</form>
<p class="note">The model is not run and its weights are not looked at. Programs post the file itself to /api/estimate.</p>`;
}

function costsMarkup({ costs, file, report }: Estimated): Markup {
  const { model, estimate, guessed } = report;
  const { platform } = costs;
  const note = precisionNote(report, costs);
  const { latency_s, latency_low_s, latency_high_s, energy_j, energyProvenance } = estimate;
  const macs = model.steps.reduce((sum, { work }) => sum + work.macs, 0);
  const rows = model.steps.flatMap((step, i) => {
    const own = estimate.steps[i];
    return own ? [{ name: step.name, what: describeStep(step, own), ...own.cost }] : [];
  });
  return html`<section><h2>${file} on ${platform.device}</h2>
<p class="note">${model.precision}, opset ${model.opset}; costs of ${platform.device}, ${platform.runtime}, in ${platform.precision}.${note === undefined ? undefined : html` ${note}.`}</p>
<p><strong>${formatSeconds(latency_s)}</strong> (95 %: ${formatSeconds(latency_low_s)} to ${formatSeconds(latency_high_s)}), predicted${
    energy_j === undefined ? "" : `; ${formatJoules(energy_j)}, ${energyProvenance}`
  }; ${formatCount(macs)} multiply-accumulates.</p>
${guessed.length === 0 ? html`<p>Every step is a measured kernel's.</p>` : html`<p>${formatPercent(estimate.guessedShare)} of the time is predicted from work alone.</p>${table("What the table does not know", guessedColumns, guessed)}`}
${figureMarkup("Where the time goes", (width) => layerShares(shareRows(report), "latency_s", width), html`Latency of every step, in the order that they run.`)}
${table("Steps", stepColumns(latency_s), rows, { open: true })}</section>`;
}

const guessedColumns = [
  { head: "operator", cell: ({ op }: Guessed) => op },
  { head: "steps", cell: ({ steps }: Guessed) => steps, numeric: true },
  { head: "why", cell: ({ reason }: Guessed) => reason },
  {
    head: "of the MACs",
    cell: ({ macsShare }: Guessed) => formatPercent(macsShare),
    numeric: true,
  },
  {
    head: "of the time",
    cell: ({ latencyShare }: Guessed) => formatPercent(latencyShare),
    numeric: true,
  },
];
type Guessed = ModelReport["guessed"][number];

interface StepRow {
  readonly name: string;
  readonly what: string;
  readonly latency_s: number;
  readonly energy_j?: number;
  readonly provenance: string;
}

const stepColumns = (whole_s: number) => [
  { head: "layer", cell: ({ name }: StepRow) => name },
  { head: "kernel", cell: ({ what }: StepRow) => what },
  { head: "latency", cell: ({ latency_s }: StepRow) => formatSeconds(latency_s), numeric: true },
  {
    head: "share",
    cell: ({ latency_s }: StepRow) => formatPercent(latency_s / whole_s),
    numeric: true,
  },
  {
    head: "energy",
    cell: ({ energy_j }: StepRow) => (energy_j === undefined ? "" : formatJoules(energy_j)),
    numeric: true,
  },
  { head: "provenance", cell: ({ provenance }: StepRow) => provenance },
];
