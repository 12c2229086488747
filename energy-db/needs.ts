import type { Database } from "better-sqlite3";
import { type Kernel, kernelKey } from "../src/network/kernel.ts";
import { storeMember } from "./members.ts";
import { networkKey } from "./network-key.ts";
import type { GoodEnough, NetworkMeasurement } from "./records.ts";
import { statement } from "./statements.ts";
import { ensureNetwork } from "./write-networks.ts";

/** A network in the role that a plan gives it. */
export type NetworkPlace = Pick<NetworkMeasurement, "network" | "role" | "batch">;

/** Declares that the space's plan holds these networks: rows measured for another space then belong to it too. */
export function storeMembers(
  database: Database,
  platformId: number,
  space: string,
  planned: readonly NetworkPlace[],
): void {
  database
    .transaction(() => {
      for (const { network, role, batch } of planned)
        storeMember(database, {
          platformId,
          space,
          networkId: ensureNetwork(database, network),
          role,
          batch,
        });
    })
    .immediate();
}

/**
 * Loads of a planned network that need not be measured again. Rows count that belong to the space, were taken under the
 * protocol, are neither drifted nor superseded and, where energy is wanted, have it.
 */
export function countGoodLoads(
  database: Database,
  platformId: number,
  { network, role, batch }: NetworkPlace,
  { space, protocol, metered }: GoodEnough,
): number {
  const good = statement<object, number>(
    database,
    `select count(*) from networks w
     join space_networks b on b.network_id = w.id and b.platform_id = @platformId and b.role = @role
       and b.batch = @batch and b.space = @space
     join network_measurements n on n.platform_id = b.platform_id and n.network_id = b.network_id
       and n.role = b.role and n.batch = b.batch
     join sessions s on s.id = n.session_id
     where w.key = @key and s.protocol = @protocol
       and not exists (select 1 from json_each(n.flags) where value in ('drift', 'superseded'))
       and (@metered = 0 or n.energy_j is not null)`,
  )
    .pluck()
    .get({
      platformId,
      key: networkKey(network),
      role,
      batch,
      space,
      protocol,
      metered: metered ? 1 : 0,
    });
  return good ?? 0;
}

/** The first number that no load of this network in this session has. */
export function firstFreeLoad(
  database: Database,
  sessionId: number,
  { network, role, batch }: NetworkPlace,
): number {
  const last = statement<object, number | null>(
    database,
    `select max(n.load) from network_measurements n join networks w on w.id = n.network_id
     where n.session_id = @sessionId and w.key = @key and n.role = @role and n.batch = @batch`,
  )
    .pluck()
    .get({ sessionId, key: networkKey(network), role, batch });
  return (last ?? -1) + 1;
}

/** Whether this kernel was timed alone under this protocol: what a resumed session skips. */
export function hasIsolatedRow(
  database: Database,
  platformId: number,
  kernel: Kernel,
  protocol: number,
): boolean {
  return (
    statement<[number, string, number], number>(
      database,
      `select 1 from kernels k
       join measurements m on m.platform_id = ? and m.kernel_id = k.id and m.method = 'isolated'
       join sessions s on s.id = m.session_id
       where k.key = ? and s.protocol = ? limit 1`,
    )
      .pluck()
      .get(platformId, kernelKey(kernel), protocol) !== undefined
  );
}
