import { Command } from "commander";
import { type ProbeRow, probeDevices } from "../../../devices/index.ts";
import type { CommandContext } from "../context.ts";
import { shared } from "../options.ts";
import { type Column, formatTable } from "../table-text.ts";

const columns: readonly Column<ProbeRow>[] = [
  { title: "device", of: ({ device }) => device },
  { title: "part", of: ({ kind }) => kind },
  { title: "name", of: ({ name }) => name },
  { title: "works", of: ({ works }) => (works ? "yes" : "no") },
  { title: "detail", of: ({ detail }) => detail },
];

export function devicesCommand({ terminal }: CommandContext): Command {
  const show = (rows: readonly ProbeRow[], json: boolean | undefined): void => {
    if (json) {
      terminal.answerJson({ rows });
      return;
    }
    terminal.answer(formatTable(columns, rows));
    for (const { name, kind, remedy } of rows)
      if (remedy) terminal.note(`To use ${kind} ${name}: ${remedy}`);
  };
  const probe = new Command("probe")
    .description("try every runtime and meter of one device")
    .argument("<id>", "the device")
    .addOption(shared.json())
    .action(async (id: string, { json }: { json?: boolean }) => show(await probeDevices(id), json));
  return new Command("devices")
    .description("which devices, runtimes and meters work here, and why the others do not")
    .addOption(shared.json())
    .action(async ({ json }: { json?: boolean }) => show(await probeDevices(), json))
    .addCommand(probe);
}
