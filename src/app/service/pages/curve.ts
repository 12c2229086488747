import { describeKernel, type PlatformSummary } from "../../../../energy-db/index.ts";
import {
  type CurveRow,
  costCurve,
  costWords,
  figureMarkup,
  html,
  type Markup,
  provenancesOf,
  renderFigure,
  table,
  treads,
  trusted,
  widthMap,
} from "../../../figures/index.ts";
import type { Kernel } from "../../../network/kernel.ts";
import { formatSeconds } from "../../../units.ts";
import { costReadings } from "../../workflows/report-table.ts";
import type { KernelCurve } from "../curve.ts";
import { page } from "./layout.ts";

/** One kind of kernel: its cost along its output widths, and over both widths at once. `json` is the address of the same. */
export function curvePage(
  { id, device }: PlatformSummary,
  found: KernelCurve,
  json: string,
): string {
  const { kernel, axis, step, map, measured } = found;
  const hasOneWidth = axis === "in";
  const rows = found.curve.map(({ width, ...cost }) => ({
    layer: kernel.op,
    kernel: "",
    width,
    ...costReadings(cost),
  }));
  return page({
    title: describeKernel(kernel).replace(/, [^,]* channels/, ""),
    trail: [
      [device, `/platforms/${id}`],
      ["kernels", `/platforms/${id}/kernels`],
    ],
    json,
    body: html`${hasOneWidth ? undefined : widthForm(kernel, id)}
<section class="figures">
${curveFigures(rows, step, hasOneWidth ? "along the width" : `from ${kernel.inChannels} input channels`)}
${map.length === 0 ? undefined : figureMarkup("Both widths", (width) => widthMap(map, width), html`Latency smoothed over the family.`)}
</section>
${table("Measured widths", measuredColumns, measured)}`,
  });
}

/** Latency, and energy beside it where the platform's power is known. */
function curveFigures(
  rows: readonly CurveRow[],
  step: number | undefined,
  through: string,
): readonly Markup[] {
  const stairs = step ? treads(rows, step) : [];
  const quantities = (["latency_s", "energy_j"] as const).filter((quantity) =>
    rows.some((row) => row[quantity]),
  );
  return quantities.map((quantity) => {
    const words = provenancesOf(rows.flatMap((row) => row[quantity] ?? []));
    return html`<figure><h3>${costWords[quantity].title} ${through}</h3>${trusted(renderFigure(costCurve(rows, stairs, quantity)))}
<figcaption>Smoothed over the family, ${words}; band: 95 % interval${stairs.length > 0 ? html`; bars: widths that cost the same` : undefined}.</figcaption></figure>`;
  });
}

function widthForm(
  { op, kernelSize, stride, inHeight, inWidth, inChannels, variant, batch }: Kernel,
  id: number,
): Markup {
  const hidden = Object.entries({ op, kernel: kernelSize, stride, variant, batch }).map(
    ([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`,
  );
  return html`<form method="get" action="/platforms/${id}/curve">${hidden}
<label>input, height x width x channels<input name="in" value="${inHeight}x${inWidth}x${inChannels}" pattern="\\d+x\\d+x\\d+"></label><button>Show</button></form>`;
}

type Measured = KernelCurve["measured"][number];

const measuredColumns = [
  { head: "in", cell: ({ inChannels }: Measured) => inChannels, numeric: true },
  { head: "out", cell: ({ outChannels }: Measured) => outChannels, numeric: true },
  {
    head: "as measured",
    cell: ({ measured_s }: Measured) => formatSeconds(measured_s),
    numeric: true,
  },
  { head: "smoothed", cell: ({ latency_s }: Measured) => formatSeconds(latency_s), numeric: true },
  { head: "seen", cell: ({ observations }: Measured) => observations, numeric: true },
];
