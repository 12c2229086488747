import { Command } from "commander";
import { UserError } from "../../../errors.ts";
import { type ReportData, renderReport } from "../../../figures/index.ts";
import { withTable } from "../../workflows/open-costs.ts";
import { searchReport, tableReport } from "../../workflows/report-data.ts";
import { readFound, searchFile } from "../../workflows/search-folder.ts";
import { exampleNetwork, writeReport } from "../../workflows/write-report.ts";
import type { CommandContext } from "../context.ts";

interface ReportFlags {
  readonly db?: string;
  readonly device?: string;
  readonly output?: string;
}

export function reportCommand(context: CommandContext): Command {
  return new Command("report")
    .description("one self-contained page on a search's folder or a table")
    .argument("[dir]", "the --out folder of a search")
    .option("--db <file>", "the table; a search's folder names its own")
    .option("--device <id>", "only needed where the table has several")
    .option(
      "-o, --output <file>",
      "the page, or - for standard output (default: report.html in the folder)",
    )
    .action(async (folder: string | undefined, flags: ReportFlags) => {
      if (!folder && !flags.db)
        throw new UserError("Nothing to report on", {
          hint: "Give a search's folder, or --db FILE.",
          exit: "usage",
        });
      const data = await (folder ? ofFolder(folder, flags) : ofTable(flags, context));
      const path = flags.output ?? (folder ? searchFile(folder, "report") : "report.html");
      context.terminal.answer(path === "-" ? renderReport(data) : writeReport(path, data));
    });
}

async function ofFolder(folder: string, { db }: ReportFlags): Promise<ReportData> {
  const { run } = readFound(folder);
  return await withTable(db ?? run.db, (table) => searchReport(folder, table));
}

async function ofTable(
  { db = "", device }: ReportFlags,
  context: CommandContext,
): Promise<ReportData> {
  return await withTable(db, (table) => {
    const platform = table.findPlatform(device ? { device } : {});
    return {
      title: `Costs on ${platform.device}`,
      generatedAt: new Date().toISOString(),
      toolVersion: context.version,
      command: `wattsplit ${context.args.join(" ")}`,
      ...tableReport(table, platform, exampleNetwork(table, platform.id)),
    };
  });
}
