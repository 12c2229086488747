import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { currentSummary, type EnergyTable } from "../../../energy-db/index.ts";
import { UserError } from "../../errors.ts";
import { renderTableSummary, type TableSummary } from "../../figures/index.ts";
import { checkTables } from "./check-tables.ts";

/** Writes a small read-only copy of the table and a page about it, FILE.html; returns what the page says. */
export function publishTable(
  table: EnergyTable,
  path: string,
  toolVersion: string,
): TableSummary & { readonly page: string } {
  const page = `${path.replace(/\.db$/, "")}.html`;
  if (existsSync(page))
    throw new UserError(`${page} is there already`, {
      hint: "Name another file, or remove this one first.",
      exit: "usage",
    });
  table.integrity();
  const contents = contentsOf(table);
  table.publish(path);
  const bytes = readFileSync(path);
  const summary = {
    file: basename(path),
    sha256: createHash("sha256").update(bytes).digest("hex"),
    bytes: bytes.length,
    toolVersion,
    ...contents,
  };
  writeFileSync(page, renderTableSummary(summary));
  return { ...summary, page };
}

const contentsOf = (
  table: EnergyTable,
): Pick<TableSummary, "platforms" | "imported" | "findings"> => ({
  platforms: table.platforms().map((platform) => {
    const error = currentSummary(table, platform.id)?.medianError;
    return {
      device: platform.device,
      processor: platform.processor,
      runtime: `${platform.runtime} ${platform.runtimeVersion}`,
      threads: platform.threads,
      powerMode: platform.powerMode,
      kernels: platform.kernels,
      networks: platform.networkMeasurements,
      energy: platform.energyProvenance ?? "absent",
      ...(error === undefined ? {} : { error }),
    };
  }),
  imported: table.foreignTables().map(({ device, rows, source }) => ({
    device,
    format: source.format,
    rows: rows.length,
    source: source.name,
    licence: source.licence ?? "not stated",
  })),
  findings: checkTables(table)
    .filter(({ severity }) => severity !== "ok")
    .map(({ device, check, message }) => ({ device, check, message })),
});
