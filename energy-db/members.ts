import type { Database } from "better-sqlite3";
import type { NetworkMeasurement } from "./records.ts";
import { statement } from "./statements.ts";

/** A network's place in a search space. */
export interface Member extends Pick<NetworkMeasurement, "role" | "batch"> {
  readonly platformId: number;
  readonly space: string;
  readonly networkId: number;
}

/** Does nothing when it is one already. */
export function storeMember(database: Database, member: Member): void {
  statement<object>(
    database,
    `insert into space_networks (platform_id, space, network_id, role, batch)
     values (@platformId, @space, @networkId, @role, @batch) on conflict do nothing`,
  ).run(member);
}
