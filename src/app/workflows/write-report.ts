import { writeFileSync } from "node:fs";
import type { EnergyTable } from "../../../energy-db/index.ts";
import { UserError } from "../../errors.ts";
import { type ReportData, renderReport } from "../../figures/index.ts";
import { kernelMacs } from "../../network/costs.ts";
import { kernelsOf } from "../../network/kernel.ts";
import type { Network } from "../../network/network.ts";

/** Writes a report as one self-contained page and returns its path. */
export const writeReport = (path: string, data: ReportData): string =>
  writePage(path, renderReport(data));

/** Writes a finished page or figure and returns its path. */
export function writePage(path: string, page: string): string {
  try {
    writeFileSync(path, page);
  } catch (cause) {
    if (!isWriteError(cause)) throw cause;
    throw new UserError(`Cannot write to ${path}: ${cause.message}`, {
      hint: "Give a path in a folder you may write to.",
      cause,
    });
  }
  return path;
}

const isWriteError = (error: unknown): error is Error => error instanceof Error && "code" in error;

/** The design network of most work measured on a platform, in the space measured last: its kernels name the curves of a table's report. */
export function exampleNetwork(table: EnergyTable, platformId: number): Network {
  const design = table.networkMeasurements(platformId, { role: "design" });
  const space = design.at(-1)?.space;
  const widest = design
    .filter((row) => row.space === space)
    .map(({ network }) => ({ network, macs: workOf(network) }))
    .reduce<{ network: Network; macs: number } | undefined>(
      (most, one) => (most && most.macs >= one.macs ? most : one),
      undefined,
    );
  if (!widest)
    throw new UserError(`${table.path} holds no measured network to report`, {
      hint: "Profile first: wattsplit profile --net NAME --db FILE",
    });
  return widest.network;
}

const workOf = (network: Network): number =>
  kernelsOf(network).reduce((sum, { kernel }) => sum + kernelMacs(kernel), 0);
