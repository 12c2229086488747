import type { PlatformSummary } from "../../../../energy-db/index.ts";
import { html, type Markup, table } from "../../../figures/index.ts";
import { formatCount, formatJoules, formatPercent, formatSeconds } from "../../../units.ts";
import { describeStep, type ModelReport } from "../../workflows/estimate-model.ts";
import { page, platformName } from "./layout.ts";

/** What was estimated, of which file, on which platform. */
interface Estimated {
  readonly platform: PlatformSummary;
  readonly file: string;
  readonly report: ModelReport;
}

/** A form for an ONNX file, and below it what the file's model costs. */
export const estimatePage = (
  platforms: readonly PlatformSummary[],
  estimated: Estimated | undefined,
): string =>
  page({
    title: "Estimate a model",
    trail: [["estimate", "/estimate"]],
    body: html`${form(platforms, estimated?.platform.id)}${estimated ? costs(estimated) : undefined}`,
  });

function form(platforms: readonly PlatformSummary[], chosen: number | undefined): Markup {
  const options = platforms.map(
    (platform) =>
      html`<option value="${platform.id}"${platform.id === chosen ? html` selected` : undefined}>${platformName(platform)}</option>`,
  );
  return html`<form method="post" action="/estimate" enctype="multipart/form-data">
<label>ONNX file, float32<input type="file" name="model" accept=".onnx" required></label>
<label>on<select name="platform">${options}</select></label>
<button>Estimate</button>
</form>
<p class="note">The model is not run and its weights are not looked at. The same as JSON: POST the file to /api/estimate.</p>`;
}

function costs({ platform, file, report: { model, estimate, guessed } }: Estimated): Markup {
  const { latency_s, latency_low_s, latency_high_s, energy_j, energyProvenance } = estimate;
  const macs = model.steps.reduce((sum, { work }) => sum + work.macs, 0);
  const rows = model.steps.flatMap((step, i) => {
    const own = estimate.steps[i];
    return own ? [{ name: step.name, what: describeStep(step, own), ...own.cost }] : [];
  });
  return html`<section><h2>${file} on ${platform.device}</h2>
<p><strong>${formatSeconds(latency_s)}</strong> (95 %: ${formatSeconds(latency_low_s)} to ${formatSeconds(latency_high_s)}), predicted${
    energy_j === undefined ? "" : `; ${formatJoules(energy_j)}, ${energyProvenance}`
  }; ${formatCount(macs)} multiply-accumulates.</p>
${guessed.length === 0 ? html`<p>Every step is a measured kernel's.</p>` : html`<p>${formatPercent(estimate.guessedShare)} of the time is predicted from work alone.</p>${table("What the table does not know", guessedColumns, guessed)}`}
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
