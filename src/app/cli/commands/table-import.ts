import { writeFileSync } from "node:fs";
import { Command, Option } from "commander";
import {
  type EnergyUnit,
  energyUnits,
  findFormat,
  type LatencyUnit,
  latencyUnits,
  openTable,
  tableFormats,
} from "../../../../energy-db/index.ts";
import { UserError } from "../../../errors.ts";
import { exportTable } from "../../workflows/export-table.ts";
import { type ImportedTable, importTable } from "../../workflows/import-table.ts";
import { withTable } from "../../workflows/open-costs.ts";
import type { CommandContext } from "../context.ts";
import { shared } from "../options.ts";
import { formatTable } from "../table-text.ts";

const formats = tableFormats.map(({ id }) => id);

interface ImportFlags {
  readonly db: string;
  readonly format?: string;
  readonly device?: string;
  readonly latencyUnit?: LatencyUnit;
  readonly energyUnit?: EnergyUnit;
  readonly licence?: string;
  readonly strict?: boolean;
  readonly json?: boolean;
}

export const importCommand = ({ terminal, version }: CommandContext): Command =>
  new Command("import")
    .description("keep another tool's table beside what was measured, and look for its defects")
    .argument("<file>", "the table, in a format of docs/tables.md")
    .addOption(shared.db())
    .addOption(
      new Option("--format <name>", "the file's format (default: recognised)").choices(formats),
    )
    .option("--device <name>", "the device that the file is of, where it does not say")
    .addOption(
      new Option(
        "--latency-unit <unit>",
        "unit of the file's latencies, where it is another than usual",
      ).choices(Object.keys(latencyUnits)),
    )
    .addOption(
      new Option(
        "--energy-unit <unit>",
        "unit of the file's energies, where it is another than usual",
      ).choices(Object.keys(energyUnits)),
    )
    .option("--licence <text>", "licence of the file")
    .option("--strict", "refuse a file with any defect")
    .addOption(shared.json())
    .action(async (path: string, { db, json, ...flags }: ImportFlags) => {
      const table = openTable(db, { mode: "write", create: true });
      try {
        const importedAt = new Date().toISOString();
        const tables = await importTable(table, {
          ...flags,
          path,
          importedAt,
          toolVersion: version,
        });
        if (json) terminal.answerJson({ tables });
        else terminal.answer(importText(tables));
      } finally {
        table.close();
      }
    });

const axisNames = { in: "input", mid: "inner", out: "output" } as const;

function importText(tables: readonly ImportedTable[]): string {
  const rows = tables.map(({ device, format, dialect, units, rows, refused, isNew }) => ({
    ...{ device, format, dialect, rows, refused },
    units: Object.entries(units)
      .map(([what, unit]) => `${what} in ${unit}`)
      .join(", "),
    state: isNew ? "imported" : "known already",
  }));
  const defects = tables.flatMap(({ device, defects: own }) =>
    own.map(({ severity, defect, message, rows: keys }) => {
      const shown =
        keys.length > 0 ? `: ${keys.slice(0, 3).join(", ")}${keys.length > 3 ? ", ..." : ""}` : "";
      return `${severity}, ${defect}, ${device}: ${message}${shown}`;
    }),
  );
  const steps = tables.flatMap(({ device, steps: own }) =>
    own.flatMap(({ axis, step, curves, judged }) =>
      step === undefined
        ? []
        : `${device}: cost steps every ${step} ${axisNames[axis]} channels in ${curves} of ${judged} curves`,
    ),
  );
  return [
    formatTable(
      [
        { title: "device", of: ({ device }) => device },
        { title: "format", of: ({ format }) => format },
        { title: "dialect", of: ({ dialect }) => dialect },
        { title: "units", of: ({ units }) => units },
        { title: "rows", of: ({ rows: count }) => count },
        { title: "left out", of: ({ refused }) => refused },
        { title: "", of: ({ state }) => state },
      ],
      rows,
    ),
    ...steps,
    ...(defects.length > 0 ? defects : ["No defect found"]),
  ].join("\n");
}

interface ExportFlags {
  readonly db: string;
  readonly format: string;
  readonly device?: string;
  readonly output: string;
}

export const exportCommand = ({ terminal }: CommandContext): Command =>
  new Command("export")
    .description("write imported tables and measured costs in a format, saying what it cannot hold")
    .addOption(shared.db())
    .addOption(new Option("--format <name>", "the format").choices(formats).default("json"))
    .option("--device <name>", "only this device")
    .option("-o, --output <file>", "where to write; - for standard output", "-")
    .action(async ({ db, format, device, output }: ExportFlags) => {
      const { content, lost } = await withTable(db, (table) =>
        exportTable(table, findFormat(format), device),
      );
      for (const sentence of lost) terminal.warn(`Lost: ${sentence}`);
      if (output !== "-") writeFileSync(output, content);
      else if (typeof content === "string") terminal.answer(content.trimEnd());
      else
        throw new UserError(`${format} is no text, so it is not written to standard output`, {
          hint: "Name a file: --output FILE",
          exit: "usage",
        });
    });
