import type { PlatformSummary } from "../../../../energy-db/index.ts";
import {
  comparePlatforms,
  figureMarkup,
  html,
  type Markup,
  type SharedKernel,
  table,
} from "../../../figures/index.ts";
import { formatNumber, formatSeconds } from "../../../units.ts";
import type { Comparison } from "../comparison.ts";
import { address, page, platformName } from "./layout.ts";

export interface ChosenPlatforms {
  readonly one: PlatformSummary;
  readonly other: PlatformSummary;
  readonly found: Comparison;
}

/** Two platforms kernel by kernel; what differs beside the device is said, as it may be why. */
export const comparePage = (
  platforms: readonly PlatformSummary[],
  chosen: ChosenPlatforms | undefined,
): string =>
  page({
    title: "Compare platforms",
    trail: [["compare", "/compare"]],
    ...(chosen
      ? { json: address("/compare.json", { one: chosen.one.id, other: chosen.other.id }) }
      : {}),
    body: html`${choice(platforms, chosen)}${chosen ? comparison(chosen) : undefined}`,
  });

function choice(
  platforms: readonly PlatformSummary[],
  chosen: ChosenPlatforms | undefined,
): Markup {
  const select = (name: string, id: number | undefined) =>
    html`<label>${name}<select name="${name}">${platforms.map(
      (platform) =>
        html`<option value="${platform.id}"${platform.id === id ? html` selected` : undefined}>${platformName(platform)}</option>`,
    )}</select></label>`;
  return html`<form method="get" action="/compare">${select("one", chosen?.one.id)}${select("other", chosen?.other.id ?? platforms[1]?.id)}<button>Compare</button></form>`;
}

function comparison({
  one,
  other,
  found: { differences, ratio, kernels },
}: ChosenPlatforms): Markup {
  const names = [platformName(one), platformName(other)] as const;
  if (!ratio) return html`<p>No kernel was measured on both.</p>`;
  return html`${differences.length === 0 ? undefined : html`<p class="note">They differ in ${differences.map((field, i) => `${i > 0 ? ", " : ""}${field.field} (${field.one} against ${field.other})`)}.</p>`}
<p>${kernels.length} kernels were measured on both. The second takes ${formatNumber(ratio.median)} times as long as the first (median; 10th to 90th percentile ${formatNumber(ratio.p10)} to ${formatNumber(ratio.p90)}).</p>
${figureMarkup("Kernel by kernel", (width) => comparePlatforms(kernels, names, width), html`Latency inside networks, smoothed over each family.`, table("Kernels", columns(names), kernels))}`;
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
