import { Command, Option } from "commander";
import { readTrace, windowsBetween } from "../../../../devices/index.ts";
import { UserError } from "../../../errors.ts";
import { median } from "../../../statistics.ts";
import type { CommandContext } from "../context.ts";
import { count, positive, shared } from "../options.ts";
import { formatTable } from "../table-text.ts";
import { answerTraceInTable, type TraceInTableFlags } from "./devices-trace-table.ts";
import { wantsJson } from "./wants-json.ts";

interface TraceFlags extends TraceInTableFlags {
  readonly inferences: number;
}

interface Row {
  readonly window: number;
  readonly duration_s: number;
  readonly energy_j: number;
  readonly power_w: number;
}

/** `devices trace FILE`: energy per inference of a trace that an instrument beside the device recorded, or a table's energies from it. */
export const traceCommand = ({ terminal }: CommandContext): Command =>
  new Command("trace")
    .description(
      "energy per inference between the markers of a recorded trace; with --db, the energies of the networks that were measured meanwhile",
    )
    .argument(
      "<file>",
      "of EnergyRunner, Joulescope, PPK2, Monsoon, Otii, or CSV time_s,power_w,marker",
    )
    .addOption(
      new Option("--inferences <n>", "inferences in each window between markers")
        .argParser(count)
        .default(1)
        .conflicts("db"),
    )
    .addOption(
      new Option("--voltage <volts>", "of the supply, where the trace has none").argParser(
        positive,
      ),
    )
    .addOption(
      new Option(
        "--db <file>",
        "the table of a `profile --meter trace` that ran meanwhile: its windows are looked for in the trace",
      ),
    )
    .addOption(shared.device())
    .addOption(shared.platform())
    .addOption(
      new Option("--session <n>", "of the table; default: the last that was recorded").argParser(
        count,
      ),
    )
    .addOption(shared.json())
    .action(async (file: string, flags: TraceFlags, command: Command) => {
      const json = wantsJson(command);
      if (flags.db === undefined && flags.session !== undefined) throw noTable(flags.session);
      if (flags.db === undefined) answerWindows(terminal, file, flags, json);
      else await answerTraceInTable(terminal, file, { ...flags, db: flags.db }, json);
    });

function answerWindows(
  terminal: CommandContext["terminal"],
  file: string,
  { inferences, voltage }: TraceFlags,
  json: boolean,
): void {
  const trace = readTrace(file, { voltage_v: voltage });
  const windows = windowsBetween(trace);
  const rows = windows.flatMap(({ from_s, to_s, energy }, i): readonly Row[] => {
    if (!energy.ok) {
      terminal.note(`Window ${i + 1} is left out: ${energy.reason}`);
      return [];
    }
    const duration_s = to_s - from_s;
    const { energy_j } = energy;
    return [
      {
        window: i + 1,
        duration_s,
        energy_j: energy_j / inferences,
        power_w: energy_j / duration_s,
      },
    ];
  });
  if (rows.length === 0) throw noWindows(file);
  const energy_j = median(rows.map((row) => row.energy_j));
  if (json) {
    terminal.answerJson({ energy_j, provenance: trace.quality, rows });
    return;
  }
  terminal.answer(
    formatTable<Row>(
      [
        { title: "window", of: ({ window }) => `${window}` },
        { title: "time", of: ({ duration_s }) => `${duration_s.toFixed(3)} s` },
        {
          title: "energy per inference",
          of: (row) => `${(1e6 * row.energy_j).toFixed(3)} µJ`,
        },
        { title: "power", of: ({ power_w }) => `${(1e3 * power_w).toFixed(3)} mW` },
      ],
      rows,
    ),
  );
  terminal.answer(`Median ${(1e6 * energy_j).toFixed(3)} µJ per inference (${trace.quality})`);
}

const noWindows = (file: string): UserError =>
  new UserError(`${file} has no window that can be read: it needs at least three markers`, {
    hint: "Let the device pull a line at the borders of its work, and record that line; or measure with `profile --meter trace` meanwhile, and give its table as --db.",
    exit: "unavailable",
  });

const noTable = (session: number): UserError =>
  new UserError(`--session ${session} is one of a table, and none is given`, {
    hint: "Give the table by --db, or leave --session out.",
    exit: "usage",
  });
