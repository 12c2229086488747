import { writeFileSync } from "node:fs";
import type { EnergyTable } from "../../../energy-db/index.ts";
import { UserError } from "../../errors.ts";
import { type ReportData, renderReport } from "../../figures/index.ts";

/** Writes one self-contained page and returns its path. */
export function writeReport(path: string, data: ReportData): string {
  try {
    writeFileSync(path, renderReport(data));
  } catch (cause) {
    if (!isWriteError(cause)) throw cause;
    throw new UserError(`Cannot write the report to ${path}: ${cause.message}`, {
      hint: "Give a path in a folder you may write to.",
      cause,
    });
  }
  return path;
}

const isWriteError = (error: unknown): error is Error => error instanceof Error && "code" in error;

/** The widest network of design measured on a platform: its kernels name the curves of a table's report. */
export function exampleNetwork(table: EnergyTable, platformId: number) {
  const measured = table.networkMeasurements(platformId);
  const network = measured[measured.length - 1]?.network;
  if (!network)
    throw new UserError(`${table.path} holds no measured network to report`, {
      hint: "Profile first: wattsplit profile --net NAME --db FILE",
    });
  return network;
}
