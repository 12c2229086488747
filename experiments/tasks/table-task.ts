import { existsSync } from "node:fs";
import { z } from "zod";
import { type CostTable, describePlatform, openTable } from "../../energy-db/index.ts";
import { type ProfilePlan, planProfile } from "../../profiler/index.ts";
import type { PlanOptions } from "../../profiler/plan.ts";
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
    if (!hasSpace(laboratory, space)) await profileSpace(laboratory, planOf(space));
    return laboratory.withCosts(space, noteOf);
  },
});

export const tablesKey = "tables";
export const tablesSchema = z.array(tableSchema);

/** Networks that a space's costs are made from and judged by; as many as `profile` takes when absent. */
export type TableSize = Pick<PlanOptions, "designNetworks" | "heldOutNetworks">;

/** The same for several spaces of one table, in one sitting: nobody else's training disturbs it. */
export function tablesTask(spaces: Readonly<Record<string, TableSize>>): Task {
  const names = Object.keys(spaces);
  const plans = Object.entries(spaces).map(([space, size]) => planOf(space, size));
  return {
    key: tablesKey,
    label: `table of ${names.join(", ")}`,
    kind: "measure",
    estimated_s: plans.reduce((sum, { estimated_s }) => sum + estimated_s, 0),
    run: async (laboratory) => {
      for (const [i, plan] of plans.entries())
        if (!hasSpace(laboratory, names[i] ?? "")) await profileSpace(laboratory, plan);
      return Promise.all(names.map((space) => laboratory.withCosts(space, noteOf)));
    },
  };
}

const planOf = (space: string, size: TableSize = {}): ProfilePlan =>
  planProfile({ ...profiledSpace(searchStart(space)), ...size });

function hasSpace({ db }: Laboratory, space: string): boolean {
  if (!existsSync(db)) return false;
  const table = openTable(db, { mode: "read" });
  try {
    // A profile that was killed has held-out networks as well, and is gone on with.
    return table
      .platforms()
      .flatMap(({ id }) => table.sessions(id))
      .some(
        ({ kind, space: measured, outcome }) =>
          kind === "profile" && measured === space && outcome === "done",
      );
  } finally {
    table.close();
  }
}

async function profileSpace({ context, db }: Laboratory, plan: ProfilePlan): Promise<void> {
  await runProfile({
    context,
    plans: [plan],
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
