import type { ImportedSummary, PlatformSummary } from "../../../../energy-db/index.ts";
import {
  comparePlatforms,
  figureMarkup,
  html,
  type Markup,
  type SharedKernel,
  table,
} from "../../../figures/index.ts";
import { formatNumber, formatSeconds } from "../../../units.ts";
import type { Comparison, Side } from "../comparison.ts";
import { address, page, platformName } from "./layout.ts";

export interface ChosenSides {
  readonly sides: readonly [Side, Side];
  readonly found: Comparison;
}

/** What there is to choose from. */
interface Choices {
  readonly platforms: readonly PlatformSummary[];
  readonly imported: readonly ImportedSummary[];
}

/** Two platforms or imported tables, kernel by kernel; what differs beside the device is said, as it may be why. */
export const comparePage = (choices: Choices, chosen: ChosenSides | undefined): string =>
  page({
    title: "Compare platforms",
    trail: [["compare", "/compare"]],
    ...(chosen
      ? { json: address("/compare.json", { one: chosen.found.one, other: chosen.found.other }) }
      : {}),
    body: html`${choice(choices, chosen?.found)}${chosen ? comparison(chosen) : undefined}`,
  });

function choice({ platforms, imported }: Choices, found: Comparison | undefined): Markup {
  const options = [
    ...platforms.map((platform) => [platform.id, platformName(platform)] as const),
    ...imported.map((table) => [`imported-${table.id}`, importedName(table)] as const),
  ];
  const select = (name: string, id: number | string | undefined) =>
    html`<label>${name}<select name="${name}">${options.map(
      ([value, label]) =>
        html`<option value="${value}"${value === id ? html` selected` : undefined}>${label}</option>`,
    )}</select></label>`;
  return html`<form method="get" action="/compare">${select("one", found?.one)}${select("other", found?.other ?? options[1]?.[0])}<button>Compare</button></form>`;
}

const importedName = ({ device, format }: ImportedSummary): string =>
  `${device}, imported (${format})`;

const sideName = (side: Side): string =>
  side.kind === "measured" ? platformName(side.platform) : importedName(side.imported.summary);

function comparison({ sides, found: { differences, ratio, kernels } }: ChosenSides): Markup {
  const [one, other] = sides;
  const names = [sideName(one), sideName(other)] as const;
  if (!ratio) return html`<p>No kernel is known of both.</p>`;
  return html`${differences.length === 0 ? undefined : html`<p class="note">They differ in ${differences.map((field, i) => `${i > 0 ? ", " : ""}${field.field} (${field.one} against ${field.other})`)}.</p>`}
<p>${kernels.length} kernels are known of both. The second takes ${formatNumber(ratio.median)} times as long as the first (median; 10th to 90th percentile ${formatNumber(ratio.p10)} to ${formatNumber(ratio.p90)}).</p>
${figureMarkup("Kernel by kernel", (width) => comparePlatforms(kernels, names, width), captionOf(sides), table("Kernels", columns(names), kernels))}`;
}

/** Where the latencies come from. */
function captionOf(sides: readonly Side[]): Markup {
  const measured = sides.filter(({ kind }) => kind === "measured").length;
  if (measured === sides.length) return html`Latency inside networks, smoothed over each family.`;
  return measured === 0
    ? html`Latency of rows as their sources have them.`
    : html`Latency inside networks, smoothed over each family, against rows as their source has them.`;
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
