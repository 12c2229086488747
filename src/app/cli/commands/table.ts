import { Command } from "commander";
import { checkTable, type Finding } from "../../../../energy-db/index.ts";
import { UserError } from "../../../errors.ts";
import { type TableFlags, withTable } from "../../workflows/open-costs.ts";
import type { CommandContext } from "../context.ts";
import { shared } from "../options.ts";
import { type Column, formatTable } from "../table-text.ts";
import { exportCommand, importCommand } from "./table-import.ts";

interface CheckFlags extends Pick<TableFlags, "db"> {
  readonly device?: string;
  readonly strict?: boolean;
  readonly json?: boolean;
}

interface PlatformFinding extends Finding {
  readonly device: string;
  readonly threads: number;
}

const columns: readonly Column<PlatformFinding>[] = [
  { title: "device", of: ({ device }) => device },
  { title: "threads", of: ({ threads }) => threads },
  { title: "check", of: ({ check }) => check },
  { title: "result", of: ({ severity }) => severity },
  { title: "finding", of: ({ message }) => message },
];

export function tableCommand(context: CommandContext): Command {
  const { terminal } = context;
  const check = new Command("check")
    .description("whether the table's numbers make sense and predict whole networks")
    .addOption(shared.db())
    .option("--device <id>", "only this device's platforms")
    .option("--strict", "exit 4 when a check fails")
    .addOption(shared.json())
    .action(async ({ db, device, strict, json }: CheckFlags) => {
      const rows = await withTable(db, (table) => {
        table.integrity();
        return table
          .platforms()
          .filter((platform) => device === undefined || platform.device === device)
          .flatMap((platform): readonly PlatformFinding[] =>
            checkTable(table, platform.id).map((finding) => ({
              device: platform.device,
              threads: platform.threads,
              ...finding,
            })),
          );
      });
      if (json) terminal.answerJson({ rows });
      else terminal.answer(formatTable(columns, rows));
      const failed = rows.filter(({ severity }) => severity === "error").length;
      if (strict && failed > 0)
        throw new UserError(`${failed} of ${rows.length} checks failed`, {
          hint: "Read the findings above; profile again into a new table if rows are wrong.",
          exit: "unreliable",
        });
    });
  return new Command("table")
    .description("the table as a whole")
    .addCommand(check)
    .addCommand(importCommand(context))
    .addCommand(exportCommand(context));
}
