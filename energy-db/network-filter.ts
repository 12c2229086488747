import type { NetworkRole } from "./records.ts";

/** Which rows are meant; absent fields do not matter. */
export interface NetworkFilter {
  readonly role?: NetworkRole;
  /** Rows of networks that belong to the space, also those measured for another one. */
  readonly space?: string;
  readonly protocol?: number;
  readonly sessionId?: number;
}

/** SQL on `network_measurements n` and `sessions s`, with the filter's fields and @platformId as parameters. */
export const networkCondition = ({ role, space, protocol, sessionId }: NetworkFilter): string =>
  [
    "n.platform_id = @platformId",
    ...(role === undefined ? [] : ["n.role = @role"]),
    ...(protocol === undefined ? [] : ["s.protocol = @protocol"]),
    ...(sessionId === undefined ? [] : ["n.session_id = @sessionId"]),
    ...(space === undefined
      ? []
      : [
          `exists (select 1 from space_networks b where b.platform_id = n.platform_id and b.space = @space
             and b.network_id = n.network_id and b.role = n.role and b.batch = n.batch)`,
        ]),
  ].join(" and ");
