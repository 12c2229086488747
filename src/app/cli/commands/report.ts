import { Command } from "commander";
import { UserError } from "../../../errors.ts";
import {
  type ComparedSearch,
  type ReportData,
  renderComparison,
  renderReport,
} from "../../../figures/index.ts";
import { withTable } from "../../workflows/open-costs.ts";
import { comparedSearch, searchReport, shortNames } from "../../workflows/report-search.ts";
import { tableReport } from "../../workflows/report-table.ts";
import { textFolderReport } from "../../workflows/report-text.ts";
import { readFound, searchFile } from "../../workflows/search-folder.ts";
import { exampleNetwork, writePage } from "../../workflows/write-report.ts";
import type { CommandContext } from "../context.ts";
import { shared } from "../options.ts";

interface ReportFlags {
  readonly db?: string;
  readonly device?: string;
  readonly platform?: number;
  readonly output?: string;
}

export function reportCommand(context: CommandContext): Command {
  return new Command("report")
    .description(
      "one self-contained page on a search's folder or a table, or several searches compared",
    )
    .argument("[dirs...]", "the --out folder of a search; several are compared")
    .option("--db <file>", "the table; a search's folder names its own")
    .option("--device <id>", "only needed where the table has several")
    .addOption(shared.platform())
    .option(
      "-o, --output <file>",
      "the page, or - for standard output (default: report.html in the folder, comparison.html of several)",
    )
    .action(async (folders: readonly string[], flags: ReportFlags) => {
      const { path, page } = await pageOf(folders, flags, context);
      context.terminal.answer(flags.output === "-" ? page : writePage(flags.output ?? path, page));
    });
}

interface ReportPage {
  /** Where it goes when nobody says. */
  readonly path: string;
  readonly page: string;
}

async function pageOf(
  folders: readonly string[],
  flags: ReportFlags,
  context: CommandContext,
): Promise<ReportPage> {
  const [folder, ...others] = folders;
  if (!folder && !flags.db)
    throw new UserError("Nothing to report on", {
      hint: "Give a search's folder, several to compare, or --db FILE.",
      exit: "usage",
    });
  if (!folder) return { path: "report.html", page: renderReport(await ofTable(flags, context)) };
  if (others.length === 0)
    return {
      path: searchFile(folder, "report"),
      page: renderReport(textFolderReport(folder) ?? (await ofFolder(folder, flags))),
    };
  return { path: "comparison.html", page: await comparisonOf(folders, flags, context) };
}

const tableOf = (folder: string, { db }: ReportFlags): string => db ?? readFound(folder).run.db;

const ofFolder = (folder: string, flags: ReportFlags): Promise<ReportData> =>
  withTable(tableOf(folder, flags), (table) => searchReport(folder, table));

async function comparisonOf(
  folders: readonly string[],
  flags: ReportFlags,
  context: CommandContext,
): Promise<string> {
  const names = shortNames(folders);
  const searches: ComparedSearch[] = [];
  for (const [i, folder] of folders.entries())
    searches.push(
      await withTable(tableOf(folder, flags), (table) =>
        comparedSearch(names[i] ?? folder, folder, table),
      ),
    );
  return renderComparison({
    title: "Searches compared",
    generatedAt: new Date().toISOString(),
    toolVersion: context.version,
    command: `wattsplit ${context.args.join(" ")}`,
    searches,
  });
}

async function ofTable(
  { db = "", device, platform: id }: ReportFlags,
  context: CommandContext,
): Promise<ReportData> {
  return await withTable(db, (table) => {
    const platform = table.findPlatform(id === undefined ? (device ? { device } : {}) : { id });
    return {
      title: `Costs on ${platform.device}`,
      generatedAt: new Date().toISOString(),
      toolVersion: context.version,
      command: `wattsplit ${context.args.join(" ")}`,
      ...tableReport(table, platform, exampleNetwork(table, platform.id)),
    };
  });
}
