import {
  type CostTable,
  describeKernel,
  type PlatformSummary,
} from "../../../../energy-db/index.ts";
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
  type WidthPair,
  widthMap,
} from "../../../figures/index.ts";
import { type Kernel, kernelFamily } from "../../../network/kernel.ts";
import { formatSeconds } from "../../../units.ts";
import { costReadings } from "../../workflows/report-table.ts";
import { address, page } from "./layout.ts";

/** Points of a curve, and cells of a map along one side, at most. */
const most = { points: 96, cells: 16 };

/** One kind of kernel: latency along its output widths, and over both widths at once. */
export function curvePage(
  { id, device }: PlatformSummary,
  costs: CostTable,
  kernel: Kernel,
): string {
  const { op, kernelSize, stride, inHeight, inWidth, inChannels, variant } = kernel;
  const title = describeKernel(kernel).replace(/, [^,]* channels/, "");
  const isDepthwise = kernel.groups > 1;
  const rows = curveThrough(kernel, costs);
  const step = costs
    .stairs({ op })
    .find(({ family, axis }) => family === kernelFamily(kernel) && axis === "out")?.step;
  return page({
    title,
    trail: [
      [device, `/platforms/${id}`],
      ["kernels", `/platforms/${id}/kernels`],
    ],
    json: address("/api/kernels", {
      platform: id,
      op,
      kernelSize,
      stride,
      inHeight,
      inWidth,
      variant,
    }),
    body: html`${isDepthwise ? undefined : widthForm(kernel, id)}
<section class="figures">
${curveFigures(rows, step, isDepthwise ? "along the width" : `from ${inChannels} input channels`)}
${isDepthwise ? undefined : mapFigure(kernel, costs)}
</section>
${measuredTable(kernel, costs)}`,
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

function curveThrough(kernel: Kernel, costs: CostTable): readonly CurveRow[] {
  const isDepthwise = kernel.groups > 1;
  const [low, high] = costs.ranges(kernel)?.[isDepthwise ? "in" : "out"] ?? [1, 0];
  const step = Math.max(1, Math.ceil((high - low + 1) / most.points));
  const widths = Array.from(
    { length: Math.floor((high - low) / step) + 1 },
    (_, i) => low + i * step,
  );
  return widths.flatMap((width) => {
    const wide = isDepthwise
      ? { ...kernel, inChannels: width, outChannels: width, groups: width }
      : { ...kernel, outChannels: width };
    const cost = costs.tryCost(wide);
    return cost ? [{ layer: kernel.op, kernel: "", width, ...costReadings(cost) }] : [];
  });
}

function mapFigure(kernel: Kernel, costs: CostTable): Markup | undefined {
  const ranges = costs.ranges(kernel);
  if (!ranges) return undefined;
  const pairs = spread(ranges.in).flatMap((inChannels) =>
    spread(ranges.out).flatMap((outChannels): readonly WidthPair[] => {
      const cost = costs.tryCost({ ...kernel, inChannels, outChannels });
      return cost ? [{ inChannels, outChannels, latency_s: cost.latency_s }] : [];
    }),
  );
  return figureMarkup(
    "Both widths",
    (width) => widthMap(pairs, width),
    html`Latency smoothed over the family.`,
  );
}

/** Widths from low to high in even ratios, on multiples of 8 where there is room. */
function spread([low, high]: readonly [number, number]): readonly number[] {
  const count = Math.min(most.cells, high - low + 1);
  const widths = Array.from({ length: count }, (_, i) => {
    const width = low * (high / low) ** (count > 1 ? i / (count - 1) : 0);
    return width < 24 ? Math.round(width) : Math.min(high, 8 * Math.round(width / 8));
  });
  return [...new Set(widths)];
}

function measuredTable(kernel: Kernel, costs: CostTable): Markup {
  const { op, kernelSize, stride, inHeight, inWidth, variant, padding, batch } = kernel;
  const rows = costs.kernels({
    op,
    kernelSize,
    stride,
    inHeight,
    inWidth,
    variant,
    padding,
    batch,
  });
  type Row = (typeof rows)[number];
  return table(
    "Measured widths",
    [
      { head: "in", cell: (row: Row) => row.kernel.inChannels, numeric: true },
      { head: "out", cell: (row: Row) => row.kernel.outChannels, numeric: true },
      { head: "as measured", cell: (row: Row) => formatSeconds(row.latency_s), numeric: true },
      { head: "smoothed", cell: ({ cost }: Row) => formatSeconds(cost.latency_s), numeric: true },
      { head: "seen", cell: ({ observations }: Row) => observations, numeric: true },
    ],
    rows,
  );
}
