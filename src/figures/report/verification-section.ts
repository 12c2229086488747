import { formatPercent, formatSeconds } from "../../units.ts";
import type { LayerRow } from "../rows.ts";
import { verification } from "../verification.ts";
import type { ReportData } from "./data.ts";
import { figureMarkup } from "./figure.ts";
import { dayOf, platformsSentence, readingMarkup } from "./format.ts";
import { html, type Markup } from "./html.ts";
import { type Column, table } from "./table.ts";

/** The delivered network on the device, layer by layer. */
export function verificationSection({
  verification: result,
  platforms = [],
}: ReportData): Markup | undefined {
  if (!result || result.layers.length === 0) return undefined;
  const n = result.samples === undefined ? "" : `; n = ${result.samples} timed samples`;
  const again =
    result.attempt !== undefined && result.attempt > 1
      ? `; verified ${result.attempt} times so far`
      : "";
  const caption = html`Times inside the whole network from the runtime's node profiler, ${dayOf(result.measuredAt)}${n}${again}.${platformsSentence(platforms)}`;
  return html`<section>
<h2>Verified on the device</h2>
<div class="figures">
${figureMarkup("Latency per layer", (width) => verification(result.layers, width), caption)}
<div class="beside">${table("Latency per layer", columns, result.layers)}</div>
</div>
</section>`;
}

const columns: readonly Column<LayerRow>[] = [
  { head: "layer", cell: ({ layer }) => layer },
  {
    head: "predicted",
    cell: ({ predicted_s }) => readingMarkup(predicted_s, formatSeconds),
    numeric: true,
  },
  {
    head: "measured",
    cell: ({ measured_s }) => readingMarkup(measured_s, formatSeconds),
    numeric: true,
  },
  {
    head: "error",
    cell: ({ predicted_s, measured_s }) => signedPercent(predicted_s.value / measured_s.value - 1),
    numeric: true,
  },
];

const signedPercent = (fraction: number): string =>
  `${fraction < 0 ? "−" : "+"}${formatPercent(Math.abs(fraction))}`;
