import type { Database } from "better-sqlite3";
import { present } from "./present.ts";
import type { StoredModel } from "./records.ts";
import { statement } from "./statements.ts";

export type NewCostModel = Omit<StoredModel, "id">;

/** Adds a model to the platform's history. Returns the row's id. */
export function storeCostModel(
  database: Database,
  platformId: number,
  model: NewCostModel,
): number {
  const { lastInsertRowid } = statement<object>(
    database,
    `insert into cost_models (platform_id, kind, space, fitted_at, provenance, source, document,
       design_networks, held_out_networks, median_error, p90_error)
     values (@platformId, @kind, @space, @fittedAt, @provenance, @source, @document,
       @designNetworks, @heldOutNetworks, @medianError, @p90Error)`,
  ).run({
    platformId,
    kind: model.kind,
    space: model.space,
    fittedAt: model.fittedAt ?? null,
    provenance: model.provenance,
    source: model.source,
    document: JSON.stringify(model.document),
    designNetworks: model.designNetworks ?? null,
    heldOutNetworks: model.heldOutNetworks ?? null,
    medianError: model.medianError ?? null,
    p90Error: model.p90Error ?? null,
  });
  return Number(lastInsertRowid);
}

/** Which models are meant; absent fields do not matter. */
export interface ModelFilter {
  readonly kind?: StoredModel["kind"] | undefined;
  readonly space?: string | undefined;
}

/**
 * The newest model that matches. One from an assumed power answers only where there is no other: an assumption never
 * replaces a measurement.
 */
export function readCostModel(
  database: Database,
  platformId: number,
  filter: ModelFilter,
): StoredModel | undefined {
  // The sort goes without the documents, which can be long.
  const row = statement<object, ModelRow>(
    database,
    `select * from cost_models where id = (select id from cost_models where ${condition(filter)}
       order by provenance = 'modelled', id desc limit 1)`,
  ).get({ ...filter, platformId });
  return row && modelOf(row);
}

/** The history of models that match, the newest first. */
export const listCostModels = (
  database: Database,
  platformId: number,
  filter: ModelFilter,
): readonly StoredModel[] =>
  statement<object, ModelRow>(
    database,
    `select * from cost_models where ${condition(filter)} order by id desc`,
  )
    .all({ ...filter, platformId })
    .map(modelOf);

/** Spaces that models of a kind were fitted for, the one of the newest first. */
export const listCostSpaces = (
  database: Database,
  platformId: number,
  kind: StoredModel["kind"],
): readonly string[] =>
  statement<object, string>(
    database,
    `select space from cost_models where platform_id = @platformId and kind = @kind
       group by space order by max(id) desc`,
  )
    .pluck()
    .all({ platformId, kind });

const condition = ({ kind, space }: ModelFilter): string =>
  [
    "platform_id = @platformId",
    ...(kind === undefined ? [] : ["kind = @kind"]),
    ...(space === undefined ? [] : ["space = @space"]),
  ].join(" and ");

const modelOf = (row: ModelRow): StoredModel => ({
  id: row.id,
  kind: row.kind,
  space: row.space,
  ...present("fittedAt", row.fitted_at),
  provenance: row.provenance,
  source: row.source,
  document: JSON.parse(row.document) as unknown,
  ...present("designNetworks", row.design_networks),
  ...present("heldOutNetworks", row.held_out_networks),
  ...present("medianError", row.median_error),
  ...present("p90Error", row.p90_error),
});

interface ModelRow {
  readonly id: number;
  readonly kind: StoredModel["kind"];
  readonly space: string;
  readonly fitted_at: string | null;
  readonly provenance: StoredModel["provenance"];
  readonly source: string;
  readonly document: string;
  readonly design_networks: number | null;
  readonly held_out_networks: number | null;
  readonly median_error: number | null;
  readonly p90_error: number | null;
}
