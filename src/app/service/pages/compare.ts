import {
  type CostTable,
  describeKernel,
  type PlatformSummary,
} from "../../../../energy-db/index.ts";
import {
  comparePlatforms,
  figureMarkup,
  html,
  type Markup,
  type SharedKernel,
  table,
} from "../../../figures/index.ts";
import { kernelKey } from "../../../network/kernel.ts";
import { median, quantile } from "../../../statistics.ts";
import { formatNumber, formatSeconds } from "../../../units.ts";
import { page, platformName } from "./layout.ts";

export interface Side {
  readonly platform: PlatformSummary;
  readonly costs: CostTable;
}

/** Two platforms kernel by kernel; what differs beside the device is said, as it may be why. */
export function comparePage(
  platforms: readonly PlatformSummary[],
  sides: readonly [Side, Side] | undefined,
): string {
  return page({
    title: "Compare platforms",
    trail: [["compare", "/compare"]],
    body: html`${choice(platforms, sides)}${sides ? comparison(sides) : undefined}`,
  });
}

function choice(
  platforms: readonly PlatformSummary[],
  sides: readonly [Side, Side] | undefined,
): Markup {
  const select = (name: string, chosen: number | undefined) =>
    html`<label>${name}<select name="${name}">${platforms.map(
      (platform) =>
        html`<option value="${platform.id}"${platform.id === chosen ? html` selected` : undefined}>${platformName(platform)}</option>`,
    )}</select></label>`;
  const [one, other] = sides ?? [];
  return html`<form method="get" action="/compare">${select("one", one?.platform.id)}${select("other", other?.platform.id ?? platforms[1]?.id)}<button>Compare</button></form>`;
}

function comparison([one, other]: readonly [Side, Side]): Markup {
  const known = new Map(other.costs.kernels().map((row) => [kernelKey(row.kernel), row.cost]));
  const rows = one.costs.kernels().flatMap(({ kernel, cost }): readonly SharedKernel[] => {
    const there = known.get(kernelKey(kernel));
    return there
      ? [{ kernel: describeKernel(kernel), one_s: cost.latency_s, other_s: there.latency_s }]
      : [];
  });
  const names = [platformName(one.platform), platformName(other.platform)] as const;
  if (rows.length === 0) return html`<p>No kernel was measured on both.</p>`;
  const ratios = rows.map(({ one_s, other_s }) => other_s / one_s);
  return html`${differences(one.platform, other.platform)}
<p>${rows.length} kernels were measured on both. The second takes ${formatNumber(median(ratios))} times as long as the first (median; 10th to 90th percentile ${formatNumber(quantile(ratios, 0.1))} to ${formatNumber(quantile(ratios, 0.9))}).</p>
${figureMarkup("Kernel by kernel", (width) => comparePlatforms(rows, names, width), html`Latency inside networks, smoothed over each family.`, table("Kernels", columns(names), rows))}`;
}

function differences(one: PlatformSummary, other: PlatformSummary): Markup | undefined {
  const fields = [
    "processor",
    "os",
    "runtime",
    "runtimeVersion",
    "precision",
    "threads",
    "powerMode",
  ] as const;
  const different = fields.filter((field) => one[field] !== other[field]);
  if (different.length === 0) return undefined;
  return html`<p class="note">They differ in ${different.map((field, i) => `${i > 0 ? ", " : ""}${field} (${one[field]} against ${other[field]})`)}.</p>`;
}

const columns = (names: readonly [string, string]) => [
  { head: "kernel", cell: ({ kernel }: SharedKernel) => kernel },
  { head: names[0], cell: ({ one_s }: SharedKernel) => formatSeconds(one_s), numeric: true },
  { head: names[1], cell: ({ other_s }: SharedKernel) => formatSeconds(other_s), numeric: true },
  {
    head: "ratio",
    cell: ({ one_s, other_s }: SharedKernel) => formatNumber(other_s / one_s),
    numeric: true,
  },
];
