import { Command, Option } from "commander";
import { readTrace, windowsBetween } from "../../../../devices/index.ts";
import { UserError } from "../../../errors.ts";
import { median } from "../../../statistics.ts";
import type { CommandContext } from "../context.ts";
import { count, positive, shared } from "../options.ts";
import { formatTable } from "../table-text.ts";

interface TraceFlags {
  readonly inferences: number;
  readonly voltage?: number;
}

interface Row {
  readonly window: number;
  readonly duration_s: number;
  readonly energy_j: number;
  readonly power_w: number;
}

/** `devices trace FILE`: energy per inference of a trace that an instrument beside the device recorded. */
export const traceCommand = ({ terminal }: CommandContext): Command =>
  new Command("trace")
    .description("energy per inference between the markers of a recorded trace")
    .argument(
      "<file>",
      "of EnergyRunner, Joulescope, PPK2, Monsoon, Otii, or CSV time_s,power_w,marker",
    )
    .addOption(
      new Option("--inferences <n>", "inferences in each window").argParser(count).default(1),
    )
    .addOption(
      new Option("--voltage <volts>", "of the supply, where the trace has none").argParser(
        positive,
      ),
    )
    .addOption(shared.json())
    .action((file: string, { inferences, voltage }: TraceFlags, command: Command) => {
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
      if (wantsJson(command)) terminal.answerJson({ energy_j, provenance: trace.quality, rows });
      else {
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
        terminal.answer(
          `Median ${(1e6 * energy_j).toFixed(3)} µJ per inference (${trace.quality})`,
        );
      }
    });

const noWindows = (file: string): UserError =>
  new UserError(`${file} has no window that can be read: it needs at least three markers`, {
    hint: "Let the device pull a line at the borders of its work, and record that line.",
    exit: "unavailable",
  });

/** `devices` has the flag too, and takes it where it stands behind one of its commands. */
export const wantsJson = (command: Command): boolean =>
  command.optsWithGlobals<{ json?: boolean }>().json === true;
