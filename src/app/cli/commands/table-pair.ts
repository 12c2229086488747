import { Command, Option } from "commander";
import {
  type CostChange,
  comparedFields,
  type PlatformIdentity,
} from "../../../../energy-db/index.ts";
import { formatPercent, formatSeconds } from "../../../units.ts";
import { withTable } from "../../workflows/open-costs.ts";
import { publishTable } from "../../workflows/publish-table.ts";
import { diffTables, type Merged, mergeInto } from "../../workflows/table-pair.ts";
import type { CommandContext } from "../context.ts";
import { count, shared } from "../options.ts";
import { type Column, formatTable } from "../table-text.ts";

export const mergeCommand = ({ terminal }: CommandContext): Command =>
  new Command("merge")
    .description("take over what other tables hold and this one lacks; twice changes nothing")
    .argument("<into>", "the table that grows; made where it is missing")
    .argument("<from...>", "tables to take rows from; they stay as they are")
    .addOption(shared.json())
    .action((into: string, from: readonly string[], { json }: { readonly json?: boolean }) => {
      const merged = mergeInto(into, from, new Date().toISOString());
      if (json) terminal.answerJson({ merged });
      else terminal.answer(merged.map(mergeText).join("\n"));
    });

function mergeText({ from, rows, refitted }: Merged): string {
  const added = rows.filter(({ added: count }) => count > 0);
  const counts = added.map(({ table, added: count }) => `${count} ${table.replaceAll("_", " ")}`);
  return [
    `${from}: ${counts.length === 0 ? "nothing new" : `added ${counts.join(", ")}`}`,
    ...refitted.map((platform) => `costs fitted anew: ${platform}`),
  ].join("\n");
}

interface DiffFlags {
  readonly device?: string;
  readonly runtime?: string;
  readonly threads?: number;
  readonly across?: readonly (keyof PlatformIdentity)[];
  readonly all?: boolean;
  readonly json?: boolean;
}

export const diffCommand = ({ terminal }: CommandContext): Command =>
  new Command("diff")
    .description("which networks and kernels became faster or slower from one table to another")
    .argument("<before>", "a table")
    .argument("<after>", "another one")
    .option("--device <id>", "needed where the tables have several")
    .option("--runtime <id>", "needed where the tables have several")
    .addOption(new Option("--threads <n>", "needed where the tables have several").argParser(count))
    .addOption(
      new Option("--across <fields...>", "compare although the platforms differ in these").choices(
        comparedFields,
      ),
    )
    .option("--all", "print what did not change too")
    .addOption(shared.json())
    .action(
      async (
        before: string,
        after: string,
        { device, runtime, threads, across = [], all, json }: DiffFlags,
      ) => {
        const filter = {
          ...(device ? { device } : {}),
          ...(runtime ? { runtime } : {}),
          ...(threads ? { threads } : {}),
        };
        const rows = await withTable(before, (was) =>
          withTable(after, (now) => diffTables(was, now, { filter, across })),
        );
        if (json) terminal.answerJson({ rows });
        else terminal.answer(diffText(rows, all ?? false));
      },
    );

const differenceColumns: readonly Column<CostChange>[] = [
  { title: "", of: ({ kind }) => kind },
  { title: "name", of: ({ name }) => name },
  { title: "before", of: ({ before }) => formatSeconds(before.latency_s) },
  { title: "after", of: ({ after }) => formatSeconds(after.latency_s) },
  { title: "change", of: ({ change }) => formatPercent(change) },
  {
    title: "95 %",
    of: ({ changeLow, changeHigh }) =>
      `${formatPercent(changeLow)} to ${formatPercent(changeHigh)}`,
  },
];

function diffText(rows: readonly CostChange[], all: boolean): string {
  const significant = rows.filter(({ isSignificant }) => isSignificant);
  const shown = all ? rows : significant;
  return [
    ...(shown.length > 0 ? [formatTable(differenceColumns, shown)] : []),
    `${significant.length} of ${rows.length} costs changed by more than chance`,
  ].join("\n");
}

export const publishCommand = ({ terminal, version }: CommandContext): Command =>
  new Command("publish")
    .description("one small read-only file for others, and a page about it beside it")
    .addOption(shared.db())
    .requiredOption("-o, --output <file>", "the file to write; the page gets its name and .html")
    .addOption(shared.json())
    .action(
      async ({ db, output, json }: { db: string; output: string; readonly json?: boolean }) => {
        const published = await withTable(db, (table) => publishTable(table, output, version));
        if (json) terminal.answerJson(published);
        else
          terminal.answer(
            `${output}: ${published.bytes} bytes, SHA-256 ${published.sha256}\n${published.page}`,
          );
      },
    );
