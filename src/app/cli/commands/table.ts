import { Command } from "commander";
import { UserError } from "../../../errors.ts";
import { checkTables, type TableFinding } from "../../workflows/check-tables.ts";
import { type TableFlags, withTable } from "../../workflows/open-costs.ts";
import type { CommandContext } from "../context.ts";
import { shared } from "../options.ts";
import { type Column, formatTable } from "../table-text.ts";
import { exportCommand, importCommand } from "./table-import.ts";
import { diffCommand, mergeCommand, publishCommand } from "./table-pair.ts";

interface CheckFlags extends Pick<TableFlags, "db"> {
  readonly device?: string;
  readonly strict?: boolean;
  readonly json?: boolean;
}

const columns: readonly Column<TableFinding>[] = [
  { title: "device", of: ({ device }) => device },
  { title: "threads", of: ({ threads }) => threads ?? "" },
  { title: "check", of: ({ check }) => check },
  { title: "result", of: ({ severity }) => severity },
  { title: "finding", of: findingText },
];

/** With the first keys of imported rows: ids of measured ones stand in --json. */
function findingText({ message, rows }: TableFinding): string {
  const keys = rows.filter((row) => typeof row === "string");
  const more = keys.length > 3 ? ", ..." : "";
  return keys.length === 0 ? message : `${message}: ${keys.slice(0, 3).join(", ")}${more}`;
}

export function tableCommand(context: CommandContext): Command {
  const { terminal } = context;
  const check = new Command("check")
    .description("whether the table's numbers make sense and predict whole networks")
    .addOption(shared.db())
    .option("--device <id>", "only this device")
    .option("--strict", "exit 4 when a check fails, or warns")
    .addOption(shared.json())
    .action(async ({ db, device, strict, json }: CheckFlags) => {
      const rows = await withTable(db, (table) => {
        table.integrity();
        return checkTables(table, { device });
      });
      if (json) terminal.answerJson({ rows });
      else terminal.answer(formatTable(columns, rows));
      const failed = rows.filter(({ severity }) => severity !== "ok").length;
      if (strict && failed > 0)
        throw new UserError(`${failed} of ${rows.length} checks failed or warned`, {
          hint: "Read the findings above; profile again into a new table if rows are wrong.",
          exit: "unreliable",
        });
    });
  return new Command("table")
    .description("the table as a whole")
    .addCommand(check)
    .addCommand(importCommand(context))
    .addCommand(exportCommand(context))
    .addCommand(mergeCommand(context))
    .addCommand(diffCommand(context))
    .addCommand(publishCommand(context));
}
