import type { EnergyTable } from "../../energy-db/index.ts";
import { chain } from "./example-rows.ts";

const kernelsOfRow = chain(8, 8).layers.length;

/**
 * How many loads each of the newest sessions of `session-writer` has. Throws where one is missing, there twice, or stored
 * in part.
 */
export function storedLoads(
  table: EnergyTable,
  newest = Number.POSITIVE_INFINITY,
): ReadonlyMap<number, number> {
  const [platform] = table.platforms();
  if (!platform) return new Map();
  const sessions = table.sessions(platform.id).slice(-newest);
  return new Map(
    sessions.map(({ id: sessionId }) => {
      const rows = table.networkMeasurements(platform.id, { sessionId });
      for (const [place, { load, kernels }] of rows.entries()) {
        if (load !== place)
          throw new Error(`Session ${sessionId} has load ${load} in place ${place}`);
        if (kernels.length !== kernelsOfRow)
          throw new Error(`Session ${sessionId}, load ${load}: ${kernels.length} kernels`);
      }
      return [sessionId, rows.length] as const;
    }),
  );
}
