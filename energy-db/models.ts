import type { Database } from "better-sqlite3";
import type { Calibration, EnergyModel } from "./records.ts";

/** Replaces the platform's calibration for the space. */
export function storeCalibration(
  database: Database,
  platformId: number,
  calibration: Calibration,
): void {
  database
    .prepare(
      `insert or replace into calibrations (platform_id, space, overhead_s, slope, design_networks,
         held_out_networks, median_error, p90_error)
       values (@platformId, @space, @overhead_s, @slope, @designNetworks, @heldOutNetworks, @medianError, @p90Error)`,
    )
    .run({ ...calibration, platformId });
}

/** All calibrations of a platform, the newest first. */
export function listCalibrations(database: Database, platformId: number): readonly Calibration[] {
  return database
    .prepare<[number], CalibrationRow>(
      "select * from calibrations where platform_id = ? order by id desc",
    )
    .all(platformId)
    .map((row) => ({
      space: row.space,
      overhead_s: row.overhead_s,
      slope: row.slope,
      designNetworks: row.design_networks,
      heldOutNetworks: row.held_out_networks,
      medianError: row.median_error,
      p90Error: row.p90_error,
    }));
}

/** Replaces the platform's energy model. */
export function storeEnergyModel(database: Database, platformId: number, model: EnergyModel): void {
  database
    .prepare(
      `insert or replace into energy_models (platform_id, provenance, source, power_w, power_by_op_w, relative_half_width)
       values (@platformId, @provenance, @source, @power_w, @powerByOp, @relativeHalfWidth)`,
    )
    .run({
      platformId,
      provenance: model.provenance,
      source: model.source,
      power_w: model.power_w,
      powerByOp: JSON.stringify(model.powerByOp_w),
      relativeHalfWidth: model.relativeHalfWidth,
    });
}

/** The platform's energy model; undefined when nobody metered or assumed its power. */
export function readEnergyModel(database: Database, platformId: number): EnergyModel | undefined {
  const row = database
    .prepare<[number], EnergyModelRow>("select * from energy_models where platform_id = ?")
    .get(platformId);
  if (!row) return undefined;
  return {
    provenance: row.provenance,
    source: row.source,
    power_w: row.power_w,
    powerByOp_w: JSON.parse(row.power_by_op_w) as EnergyModel["powerByOp_w"],
    relativeHalfWidth: row.relative_half_width,
  };
}

interface CalibrationRow {
  readonly space: string;
  readonly overhead_s: number;
  readonly slope: number;
  readonly design_networks: number;
  readonly held_out_networks: number;
  readonly median_error: number;
  readonly p90_error: number;
}

interface EnergyModelRow {
  readonly provenance: EnergyModel["provenance"];
  readonly source: string;
  readonly power_w: number;
  readonly power_by_op_w: string;
  readonly relative_half_width: number;
}
