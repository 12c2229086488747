import { Command } from "commander";
import type { ImportedSummary } from "../../../../energy-db/index.ts";
import { withTable } from "../../workflows/open-costs.ts";
import { shared } from "../options.ts";
import { type Column, formatTable } from "../table-text.ts";
import type { Terminal } from "../terminal.ts";

/** What was measured, and tables of other tools. */
export function platformsCommand(terminal: Terminal): Command {
  return new Command("platforms")
    .description("what the table was measured on")
    .addOption(shared.db())
    .addOption(shared.json())
    .action(async ({ db, json }: { db: string; json?: boolean }) => {
      const { rows, imported } = await withTable(db, (table) => ({
        rows: table.platforms(),
        imported: table.imported(),
      }));
      if (json) return terminal.answerJson({ rows, imported });
      if (rows.length > 0 || imported.length === 0)
        terminal.answer(
          formatTable(
            [
              { title: "no.", of: ({ id }) => id },
              { title: "device", of: ({ device }) => device },
              { title: "processor", of: ({ processor }) => processor },
              { title: "system", of: ({ os }) => os },
              {
                title: "runtime",
                of: ({ runtime, runtimeVersion }) => `${runtime} ${runtimeVersion}`,
              },
              { title: "threads", of: ({ threads }) => threads },
              { title: "power mode", of: ({ powerMode }) => powerMode },
              { title: "machine", of: ({ fingerprint }) => fingerprint.slice(0, 8) },
              { title: "networks", of: ({ networkMeasurements }) => networkMeasurements },
              { title: "kernels", of: ({ kernels }) => kernels },
              { title: "energy is", of: ({ energyProvenance }) => energyProvenance ?? "absent" },
            ],
            rows,
          ),
        );
      if (imported.length > 0) terminal.answer(formatTable(importedColumns, imported));
    });
}

const importedColumns: readonly Column<ImportedSummary>[] = [
  { title: "imported device", of: ({ device }) => device },
  { title: "format", of: ({ format }) => format },
  { title: "dialect", of: ({ dialect }) => dialect },
  { title: "rows", of: ({ rows }) => rows },
  { title: "from", of: ({ source }) => source },
  { title: "licence", of: ({ licence }) => licence, optional: true },
];
