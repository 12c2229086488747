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

/** A platform of which nothing is known yet, or no longer: what to do, and what was tried. */
export function emptyPlatformPage(
  reader: TableReader,
  { id, device, runtime, threads }: PlatformSummary,
): string {
  const sessions = sessionRows(reader, { platform: id });
  return page({
    title: `${device}, ${runtime}`,
    trail: [[device, `/platforms/${id}`]],
    json: `/platforms/${id}.json`,
    body: html`<p>Nothing that tells costs has been measured on this platform yet.</p>
<p class="note">Measure a network's layers on it, or go on where a profile stopped: <code>wattsplit profile --device ${device} --runtime ${runtime} --threads ${threads} --net mnist-cnn --db ${reader.table.path}</code></p>
<section><h2>Sessions</h2>${sessions.length === 0 ? html`<p>None was started.</p>` : table("Sessions", sessionColumns, sessions)}</section>`,
  });
}

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
    body: findingsTable(findingRows(reader, { platform: id })),
  });
}

export const findingsTable = (findings: readonly Finding[]): Markup =>
  table("Findings", findingColumns, findings, { open: true });

/** Rows that are named in the list; all stand in its JSON. */
const namedRows = 3;

const findingColumns = [
  { head: "check", cell: ({ check }: Finding) => check },
  {
    head: "result",
    cell: ({ severity }: Finding) =>
      html`<span class="${severity === "ok" ? "met" : "missed"}">${severity}</span>`,
  },
  { head: "finding", cell: ({ message }: Finding) => message, prose: true },
  { head: "rows", cell: ({ rows }: Finding) => rows.length, numeric: true },
  {
    head: "for example",
    cell: ({ rows }: Finding) => rows.slice(0, namedRows).join(", "),
    prose: true,
  },
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
