import { existsSync } from "node:fs";
import { z } from "zod";
import { type CostTable, describePlatform, openTable } from "../../energy-db/index.ts";
import { planProfile } from "../../profiler/index.ts";
import { profiledSpace, runProfile } from "../../src/app/workflows/profile-run.ts";
import { searchStart } from "../../src/network/search-start.ts";
import type { Task } from "../experiment.ts";
import type { Laboratory } from "../laboratory.ts";

/** What the costs of a space rest on. */
export const tableSchema = z.object({
  space: z.string(),
  platform: z.string(),
  runtimeVersion: z.string(),
  designNetworks: z.number(),
  heldOutNetworks: z.number(),
  /** Relative error of predicted latency on the networks held out of the fit. */
  medianError: z.number().optional(),
  p90Error: z.number().optional(),
  /** Widths up to the next multiple of this cost the same. */
  block: z.number(),
});
export type TableNote = z.infer<typeof tableSchema>;

export const tableKey = (space: string): string => `table-${space}`;

/** Makes sure that the laboratory's table answers for a space: measures it unless `--db` brought it. */
export const tableTask = (space: string): Task => ({
  key: tableKey(space),
  label: `table of ${space}`,
  kind: "measure",
  estimated_s: planOf(space).estimated_s,
  run: async (laboratory) => {
    if (!hasSpace(laboratory, space)) await profileSpace(laboratory, space);
    return laboratory.withCosts(space, noteOf);
  },
});

const planOf = (space: string) => planProfile(profiledSpace(searchStart(space)));

function hasSpace({ db }: Laboratory, space: string): boolean {
  if (!existsSync(db)) return false;
  const table = openTable(db, { mode: "read" });
  try {
    return table
      .platforms()
      .some(({ id }) => table.networkMeasurements(id, { role: "held-out", space }).length > 0);
  } finally {
    table.close();
  }
}

async function profileSpace({ context, db }: Laboratory, space: string): Promise<void> {
  await runProfile({
    context,
    plan: planOf(space),
    db,
    device: "local",
    runtime: "ort-cpu",
    meter: "none",
    threads: 1,
  });
  context.signal.throwIfAborted();
}

const noteOf = ({ platform, summary, block }: CostTable): TableNote => ({
  space: summary.space,
  platform: describePlatform(platform),
  runtimeVersion: platform.runtimeVersion,
  designNetworks: summary.designNetworks,
  heldOutNetworks: summary.heldOutNetworks,
  ...(summary.medianError === undefined ? {} : { medianError: summary.medianError }),
  ...(summary.p90Error === undefined ? {} : { p90Error: summary.p90Error }),
  block,
});
