import { Command } from "commander";
import { type DeviceEntry, devicesFolder, findDevice } from "../../../../devices/index.ts";
import { formatJoules, formatSeconds } from "../../../units.ts";
import type { CommandContext } from "../context.ts";
import { shared } from "../options.ts";
import { formatTable } from "../table-text.ts";
import { wantsJson } from "./wants-json.ts";

/** `devices show ID`: what is known of a device before anything is measured. */
export const showCommand = ({ terminal, env }: CommandContext): Command =>
  new Command("show")
    .description("what is known of a device: its parts, rails, usual widths, temperature, budgets")
    .argument("<id>", "the device")
    .addOption(shared.json())
    .action((id: string, _: object, command: Command) => {
      const device = findDevice(id, devicesFolder(env));
      if (wantsJson(command)) terminal.answerJson({ device });
      else terminal.answer(formatTable<Line>(columns, linesOf(device)));
    });

type Line = readonly [field: string, value: string];

const columns = [
  { title: "field", of: ([field]: Line) => field },
  { title: "value", of: ([, value]: Line) => value },
];

const linesOf = (device: DeviceEntry): readonly Line[] => {
  const { summary, transports, address, runtimes, meters, rails = "unknown" } = device;
  const { widthGranularity = "unknown", startTemperature_c = "unknown" } = device;
  const { settings = {}, notes = [], sources } = device;
  return [
    ["summary", summary],
    ["reached by", [transports.join(", "), address].filter(Boolean).join(" ")],
    ["runtimes", runtimes.join(", ")],
    ["meters", meters.join(", ")],
    ...railLines(rails),
    ["widths in blocks of", `${widthGranularity}`],
    ["begins below", startTemperature_c === "unknown" ? "unknown" : `${startTemperature_c} °C`],
    ["usual budget", budgetText(device.budgets)],
    ...Object.entries(settings).map(([name, value]): Line => ["setting", `${name}=${value}`]),
    ...notes.map((note): Line => ["note", note]),
    ...sources.map((source): Line => ["source", source]),
  ];
};

function railLines(rails: NonNullable<DeviceEntry["rails"]>): readonly Line[] {
  if (rails === "unknown") return [["rails", "unknown"]];
  if (rails.length === 0) return [["rails", "none"]];
  return rails.map(({ rail, subsystem, measures, includes, counted = true }) => {
    const name = rail ?? `all of ${subsystem}`;
    const contained = includes ? `; includes ${includes.join(", ")}` : "";
    return ["rail", `${name}: ${measures}${contained}${counted ? "" : "; not counted"}`];
  });
}

function budgetText(budgets: DeviceEntry["budgets"] = "unknown"): string {
  if (budgets === "unknown") return "unknown";
  const { latency_s, energy_j } = budgets;
  return [
    ...(latency_s === undefined ? [] : [formatSeconds(latency_s)]),
    ...(energy_j === undefined ? [] : [formatJoules(energy_j)]),
  ].join(", ");
}
