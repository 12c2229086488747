import type { CostTable, PlatformSummary } from "../../../../energy-db/index.ts";
import { html, type Markup, table } from "../../../figures/index.ts";
import { formatJoules, formatPercent, formatSeconds } from "../../../units.ts";
import type { KernelRow } from "../../workflows/kernel-row.ts";
import { address, page } from "./layout.ts";
import { curveAddress } from "./platform.ts";

interface KernelsParts {
  readonly platform: PlatformSummary;
  readonly costs: CostTable;
  /** All that matched, and which of them are shown. */
  readonly rows: readonly KernelRow[];
  readonly offset: number;
  readonly limit: number;
  /** What the address asks for, as it stands there. */
  readonly asked: Readonly<Record<string, string>>;
}

/** Measured kernels under a filter that lives in the address: the same words as over REST. */
export function kernelsPage({ platform, costs, rows, offset, limit, asked }: KernelsParts): string {
  const { id, device } = platform;
  const path = `/platforms/${id}/kernels`;
  const shown = rows.slice(offset, offset + limit);
  const turn = (to: number, word: string) =>
    to >= 0 && to < rows.length && to !== offset
      ? html`<a href="${address(path, { ...asked, offset: to })}">${word}</a>`
      : undefined;
  return page({
    title: "Kernels",
    trail: [
      [device, `/platforms/${id}`],
      ["kernels", path],
    ],
    json: address("/api/kernels", { platform: id, ...asked }),
    body: html`${form(path, costs, asked)}
<p class="links"><span>${rows.length} kernels${rows.length > shown.length ? html`, ${offset + 1} to ${offset + shown.length} shown` : undefined}</span>
${turn(Math.max(0, offset - limit), "earlier")}${turn(offset + limit, "later")}
<a href="${address("/api/kernels", { platform: id, ...asked, format: "csv", limit: 1000 })}">as CSV</a></p>
${shown.length === 0 ? html`<p>None matches.</p>` : table("Kernels", columns(id), shown, { open: true })}`,
  });
}

function form(path: string, costs: CostTable, asked: Readonly<Record<string, string>>): Markup {
  const ops = [...new Set(costs.families().map(({ op }) => op))];
  const number = (name: string, label: string) =>
    html`<label>${label}<input name="${name}" type="number" min="1" value="${asked[name] ?? ""}"></label>`;
  return html`<form method="get" action="${path}">
<label>operation<select name="op"><option value="">any</option>${ops.map((op) => html`<option${op === asked.op ? html` selected` : undefined}>${op}</option>`)}</select></label>
${number("kernelSize", "window")}${number("inHeight", "input height")}
${number("inChannels__gte", "input channels from")}${number("inChannels__lte", "to")}
${number("outChannels__gte", "output channels from")}${number("outChannels__lte", "to")}
<label>order<select name="sort">${orders.map(([value, label]) => html`<option value="${value}"${value === (asked.sort ?? "") ? html` selected` : undefined}>${label}</option>`)}</select></label>
<button>Show</button>
</form>`;
}

const orders = [
  ["", "by kind and width"],
  ["-latency_s", "slowest first"],
  ["latency_s", "fastest first"],
  ["-observations", "most seen first"],
] as const;

const half = ({ latency_s, latency_low_s, latency_high_s }: KernelRow): number =>
  (latency_high_s - latency_low_s) / 2 / latency_s;

const columns = (platform: number) => [
  {
    head: "operation",
    cell: (row: KernelRow) => html`<a href="${curveAddress(platform, row)}">${row.op}</a>`,
  },
  { head: "window", cell: ({ kernelSize }: KernelRow) => kernelSize, numeric: true },
  { head: "stride", cell: ({ stride }: KernelRow) => stride, numeric: true },
  { head: "image", cell: ({ inHeight, inWidth }: KernelRow) => `${inHeight}x${inWidth}` },
  { head: "in", cell: ({ inChannels }: KernelRow) => inChannels, numeric: true },
  { head: "out", cell: ({ outChannels }: KernelRow) => outChannels, numeric: true },
  { head: "latency", cell: ({ latency_s }: KernelRow) => formatSeconds(latency_s), numeric: true },
  { head: "±", cell: (row: KernelRow) => formatPercent(half(row)), numeric: true },
  {
    head: "as measured",
    cell: ({ measured_s }: KernelRow) => formatSeconds(measured_s),
    numeric: true,
  },
  {
    head: "energy",
    cell: ({ energy_j, energyProvenance }: KernelRow) =>
      energy_j === undefined ? "absent" : `${formatJoules(energy_j)} ${energyProvenance}`,
    numeric: true,
  },
  { head: "seen", cell: ({ observations }: KernelRow) => observations, numeric: true },
  { head: "flags", cell: ({ flags }: KernelRow) => flags },
];
