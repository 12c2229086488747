import { formatPercent } from "../units.ts";
import { html, trusted } from "./report/html.ts";
import { reportStyle } from "./report/style.ts";
import { table } from "./report/table.ts";

/** What a published table holds, for people. */
export interface TableSummary {
  readonly file: string;
  readonly sha256: string;
  readonly bytes: number;
  readonly toolVersion: string;
  readonly platforms: readonly {
    readonly device: string;
    readonly processor: string;
    readonly runtime: string;
    readonly threads: number;
    readonly powerMode: string;
    readonly kernels: number;
    readonly networks: number;
    readonly energy: string;
    /** Median error on networks held out; absent without any. */
    readonly error?: number;
  }[];
  readonly imported: readonly {
    readonly device: string;
    readonly format: string;
    readonly rows: number;
    readonly source: string;
    readonly licence: string;
  }[];
  readonly findings: readonly {
    readonly device: string;
    readonly check: string;
    readonly message: string;
  }[];
}

type Platform = TableSummary["platforms"][number];
type Imported = TableSummary["imported"][number];
type Found = TableSummary["findings"][number];

/** One self-contained page without scripts. */
export const renderTableSummary = (summary: TableSummary): string =>
  html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${summary.file} · wattsplit</title>
<style>${trusted(reportStyle)}</style>
</head>
<body>
<header><h1>${summary.file}</h1>
<p>Costs of layers in one SQLite file of ${summary.bytes} bytes, SHA-256 <code>${summary.sha256}</code>, published by wattsplit ${summary.toolVersion}. Raw samples are left out.</p></header>
<main>
<section><h2>Measured</h2>${summary.platforms.length === 0 ? html`<p>Nothing.</p>` : table("Measured platforms", platformColumns, summary.platforms)}</section>
<section><h2>Imported</h2>${summary.imported.length === 0 ? html`<p>Nothing.</p>` : table("Imported tables", importedColumns, summary.imported)}</section>
<section><h2>What the checks found amiss</h2>${summary.findings.length === 0 ? html`<p>Nothing.</p>` : table("Findings", findingColumns, summary.findings)}</section>
</main>
</body>
</html>
`.markup;

const platformColumns = [
  { head: "device", cell: ({ device }: Platform) => device },
  { head: "processor", cell: ({ processor }: Platform) => processor },
  { head: "runtime", cell: ({ runtime }: Platform) => runtime },
  { head: "threads", cell: ({ threads }: Platform) => threads, numeric: true },
  { head: "power mode", cell: ({ powerMode }: Platform) => powerMode },
  { head: "kernels", cell: ({ kernels }: Platform) => kernels, numeric: true },
  { head: "loads of networks", cell: ({ networks }: Platform) => networks, numeric: true },
  { head: "energy is", cell: ({ energy }: Platform) => energy },
  {
    head: "median error on networks held out",
    cell: ({ error }: Platform) => (error === undefined ? "not judged" : formatPercent(error)),
    numeric: true,
  },
];

const importedColumns = [
  { head: "device", cell: ({ device }: Imported) => device },
  { head: "format", cell: ({ format }: Imported) => format },
  { head: "rows", cell: ({ rows }: Imported) => rows, numeric: true },
  { head: "source", cell: ({ source }: Imported) => source },
  { head: "licence", cell: ({ licence }: Imported) => licence },
];

const findingColumns = [
  { head: "device", cell: ({ device }: Found) => device },
  { head: "check", cell: ({ check }: Found) => check },
  { head: "finding", cell: ({ message }: Found) => message },
];
