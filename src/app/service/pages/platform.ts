import {
  type CostTable,
  describeKernel,
  type PlatformSummary,
  type Stairs,
} from "../../../../energy-db/index.ts";
import { html, type Markup, table, tableSection } from "../../../figures/index.ts";
import { formatPercent, formatSeconds } from "../../../units.ts";
import { tableReport } from "../../workflows/report-table.ts";
import { exampleNetwork } from "../../workflows/write-report.ts";
import { findingRows, sessionRows } from "../answers.ts";
import type { TableReader } from "../table-reader.ts";
import { address, page } from "./layout.ts";

/** Everything of one platform: coverage, errors, stairs, checks, sessions. */
export function platformPage(
  reader: TableReader,
  platform: PlatformSummary,
  costs: CostTable,
): string {
  const { id, device, runtime } = platform;
  const network = exampleNetwork(reader.table, id);
  const report = tableSection({
    title: device,
    generatedAt: "",
    toolVersion: "",
    ...tableReport(reader.table, platform, network, costs.summary.space),
  });
  return page({
    title: `${device}, ${runtime}`,
    trail: [[device, `/platforms/${id}`]],
    json: `/platforms/${id}.json`,
    body: html`<p class="links"><a href="/platforms/${id}/kernels">All kernels</a>
<a href="/platforms/${id}/checks">Checks</a></p>
${report}
<section><h2>Stairs</h2>
<p class="note">Widths up to the next multiple of the step cost the same; a width that costs more than a larger one is never worth taking.</p>
${stairsTable(costs, id)}</section>
<section><h2>Least certain kernels</h2>${worstTable(costs, id)}</section>
<section><h2>Sessions</h2>${table("Sessions", sessionColumns, sessionRows(reader, { platform: id }))}</section>`,
  });
}

export function checksPage(reader: TableReader, { id, device }: PlatformSummary): string {
  return page({
    title: "Checks",
    trail: [
      [device, `/platforms/${id}`],
      ["checks", `/platforms/${id}/checks`],
    ],
    json: address("/api/checks", { platform: id }),
    body: table("Findings", findingColumns, findingRows(reader, { platform: id }), { open: true }),
  });
}

const findingColumns = [
  { head: "check", cell: ({ check }: Finding) => check },
  {
    head: "result",
    cell: ({ severity }: Finding) =>
      html`<span class="${severity === "ok" ? "met" : "missed"}">${severity}</span>`,
  },
  { head: "finding", cell: ({ message }: Finding) => message },
  { head: "rows", cell: ({ rows }: Finding) => rows.length, numeric: true },
];
type Finding = ReturnType<typeof findingRows>[number];

function stairsTable(costs: CostTable, platform: number): Markup {
  const rows = costs.stairs();
  return table(
    "Stairs by kind of kernel",
    [
      {
        head: "kernel",
        cell: ({ example }: Stairs) =>
          html`<a href="${curveAddress(platform, example)}">${describeKernel(example).replace(/, [^,]* channels/, "")}</a>`,
      },
      { head: "along", cell: ({ axis }: Stairs) => axis },
      { head: "step", cell: ({ step }: Stairs) => step ?? "none", numeric: true },
      {
        head: "confidence",
        cell: ({ confidence }: Stairs) => confidence && formatPercent(confidence),
        numeric: true,
      },
      {
        head: "dearer than a larger width",
        cell: ({ dear }: Stairs) =>
          dear
            .slice(0, 2)
            .map(({ width, than, by }) => `${width} than ${than} by ${formatPercent(by)}`)
            .join(", "),
      },
    ],
    rows,
  );
}

/** Address of a kernel's curves. */
export const curveAddress = (
  platform: number,
  { op, kernelSize, stride, inHeight, inWidth, inChannels, variant, batch }: Stairs["example"],
): string =>
  address(`/platforms/${platform}/curve`, {
    op,
    kernel: kernelSize,
    stride,
    in: `${inHeight}x${inWidth}x${inChannels}`,
    variant,
    batch,
  });

const shownWorst = 10;

function worstTable(costs: CostTable, platform: number): Markup {
  const rows = costs
    .kernels()
    .map(({ kernel, cost, observations }) => ({
      kernel,
      cost,
      observations,
      half: (cost.latency_high_s - cost.latency_low_s) / 2 / cost.latency_s,
    }))
    .sort((a, b) => b.half - a.half)
    .slice(0, shownWorst);
  type Worst = (typeof rows)[number];
  return table(
    "Widest intervals",
    [
      {
        head: "kernel",
        cell: ({ kernel }: Worst) =>
          html`<a href="${curveAddress(platform, kernel)}">${describeKernel(kernel)}</a>`,
      },
      { head: "latency", cell: ({ cost }: Worst) => formatSeconds(cost.latency_s), numeric: true },
      { head: "±", cell: ({ half }: Worst) => formatPercent(half), numeric: true },
      { head: "seen", cell: ({ observations }: Worst) => observations, numeric: true },
    ],
    rows,
  );
}

type Session = ReturnType<typeof sessionRows>[number];
const sessionColumns = [
  { head: "session", cell: ({ id }: Session) => id, numeric: true },
  { head: "kind", cell: ({ kind }: Session) => kind },
  { head: "space", cell: ({ space }: Session) => space },
  { head: "started", cell: ({ startedAt }: Session) => startedAt },
  { head: "ended", cell: ({ outcome }: Session) => outcome ?? "not yet, or killed" },
  {
    head: "canary",
    cell: ({ canary_s }: Session) => canary_s && formatSeconds(canary_s),
    numeric: true,
  },
];
