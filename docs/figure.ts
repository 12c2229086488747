import { writeFileSync } from "node:fs";
import { openTable } from "../energy-db/index.ts";
import { searchReport } from "../src/app/workflows/report-search.ts";
import { renderFigure, tested, testedRows } from "../src/figures/index.ts";

/** Draws the README's figure from a finished quickstart: `npx tsx docs/figure.ts quickstart`. */
const [folder = "quickstart"] = process.argv.slice(2);
const table = openTable(`${folder}/energy.db`, { mode: "read" });
const report = searchReport(folder, table);
table.close();
const { delivered, search, budgets = [] } = report;
if (!delivered || !search) throw new Error(`${folder} holds no finished search`);
const rows = testedRows(delivered, search.rivals ?? [], "latency_s");
const budget = budgets.find(({ quantity }) => quantity === "latency_s")?.limit;
const svg = renderFigure(tested(rows, "latency_s", budget));
// Shown outside a page, on whatever background that has.
writeFileSync("docs/quickstart.svg", svg.replace("background:none", "background:#fff"));
