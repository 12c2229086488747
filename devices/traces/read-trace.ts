import { existsSync, readFileSync } from "node:fs";
import { UserError } from "../../src/errors.ts";
import { type CsvOptions, readTraceCsv } from "./csv.ts";
import { readEnergyRunner } from "./energyrunner.ts";
import type { Trace } from "./trace.ts";

/** A recorded trace by its file: EnergyRunner's binary with its timestamps beside it, or CSV. */
export function readTrace(path: string, options: CsvOptions = {}): Trace {
  if (!existsSync(path))
    throw new UserError(`There is no file ${path}`, { hint: "Give a trace.", exit: "usage" });
  if (!path.endsWith("-energy.bin")) return readTraceCsv(readFileSync(path, "utf8"), options);
  const beside = path.replace(/-energy\.bin$/, "-timestamps.json");
  if (!existsSync(beside))
    throw new UserError(`${beside} is missing`, {
      hint: "EnergyRunner writes it beside the trace: copy both.",
      exit: "usage",
    });
  return readEnergyRunner(readFileSync(path), readFileSync(beside, "utf8"));
}
