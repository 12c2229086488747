import { writeFileSync } from "node:fs";
import { openTable } from "../energy-db/index.ts";
import { searchReport } from "../src/app/workflows/report-data.ts";
import { pathOf, renderFigure, searchPath } from "../src/figures/index.ts";

/** Draws the README's figure from a finished quickstart: `npx tsx docs/figure.ts quickstart`. */
const [folder = "quickstart"] = process.argv.slice(2);
const table = openTable(`${folder}/energy.db`, { mode: "read" });
const report = searchReport(folder, table);
table.close();
if (!report.search) throw new Error(`${folder} holds no finished search`);
const svg = renderFigure(searchPath(pathOf(report, report.search, "latency_s"), "latency_s"));
// Shown outside a page, on whatever background that has.
writeFileSync("docs/search-path.svg", svg.replace("background:none", "background:#fff"));
