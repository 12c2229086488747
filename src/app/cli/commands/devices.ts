import { Command } from "commander";
import {
  addDevice,
  devicesFolder,
  findDevice,
  knownDevices,
  type ProbeRow,
  probeDevices,
} from "../../../../devices/index.ts";
import type { CommandContext } from "../context.ts";
import { type Setting, shared } from "../options.ts";
import { type Column, formatTable } from "../table-text.ts";
import { showCommand } from "./devices-show.ts";
import { traceCommand } from "./devices-trace.ts";
import { wantsJson } from "./wants-json.ts";

const columns: readonly Column<ProbeRow>[] = [
  { title: "device", of: ({ device }) => device },
  { title: "part", of: ({ kind }) => kind },
  { title: "name", of: ({ name }) => name },
  { title: "works", of: ({ works, tried }) => (works ? "yes" : tried ? "no" : "not tried") },
  { title: "detail", of: ({ detail }) => detail },
];

type Known = ReturnType<typeof knownDevices>[number];

const knownColumns: readonly Column<Known>[] = [
  { title: "device", of: ({ id }) => id },
  { title: "reached by", of: ({ transport }) => transport },
  { title: "address", of: ({ address }) => address },
  { title: "summary", of: ({ summary }) => summary },
];

interface ProbeFlags {
  readonly parts?: string;
  readonly setting?: readonly Setting[];
}

interface AddFlags {
  readonly like: string;
  readonly address?: string;
  readonly sshConfig?: string;
  readonly command?: string;
  readonly runner?: string;
  readonly setting?: readonly Setting[];
}

export function devicesCommand(context: CommandContext): Command {
  const { terminal, env } = context;
  const folder = devicesFolder(env);
  const show = (rows: readonly ProbeRow[], json: boolean | undefined): void => {
    if (json) {
      terminal.answerJson({ rows });
      return;
    }
    terminal.answer(formatTable(columns, rows));
    const remedies = new Map<string, string[]>();
    for (const { name, kind, remedy } of rows)
      if (remedy) remedies.set(remedy, [...(remedies.get(remedy) ?? []), `${kind} ${name}`]);
    for (const [remedy, parts] of remedies) terminal.note(`To use ${parts.join(", ")}: ${remedy}`);
  };
  const probe = new Command("probe")
    .description("try every runtime and meter of one device")
    .argument("<id>", "the device")
    .option("--parts <names>", "these alone, separated by commas, also where its file lacks them")
    .addOption(shared.setting())
    .addOption(shared.json())
    .action(async (id: string, { parts, setting }: ProbeFlags, command: Command) =>
      show(
        await probeDevices(id, {
          folder,
          parts: parts?.split(","),
          settings: Object.fromEntries(setting ?? []),
        }),
        wantsJson(command),
      ),
    );
  const list = new Command("list")
    .description("every device of the catalogue, and your own")
    .addOption(shared.json())
    .action((_: object, command: Command) => {
      const rows = knownDevices(folder);
      if (wantsJson(command)) terminal.answerJson({ rows });
      else terminal.answer(formatTable(knownColumns, rows));
    });
  const add = new Command("add")
    .description("give a device of your own a name")
    .argument("<name>", "its name from now on")
    .requiredOption("--like <id>", "the kind of device, as `devices list` shows them")
    .option(
      "--address <address>",
      "what ssh calls the host, or the serial that `adb devices` shows",
    )
    .option("--ssh-config <file>", "read by ssh in place of ~/.ssh/config")
    .option("--command <words>", "the command that wattsplit is there (default: npx wattsplit)")
    .addOption(shared.runner())
    .addOption(shared.setting())
    .action((name: string, { like, command, setting, ...flags }: AddFlags) => {
      const { aliases: _, ...kind } = findDevice(like, folder);
      const path = addDevice(
        {
          ...kind,
          id: name,
          ...flags,
          ...(command ? { command: command.split(" ") } : {}),
          ...(setting ? { settings: { ...kind.settings, ...Object.fromEntries(setting) } } : {}),
        },
        folder,
      );
      terminal.answer(path);
      terminal.note(`Next: wattsplit devices probe ${name}`);
    });
  return new Command("devices")
    .description("which devices, runtimes and meters work here, and why the others do not")
    .addOption(shared.json())
    .action(async ({ json }: { json?: boolean }) => show(await probeDevices(), json))
    .addCommand(list)
    .addCommand(showCommand(context))
    .addCommand(probe)
    .addCommand(add)
    .addCommand(traceCommand(context));
}
