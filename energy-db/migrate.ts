import type { Database } from "better-sqlite3";
import { applicationId, migrations } from "./schema.ts";

export const versionOf = (database: Database): number =>
  Number(database.pragma("user_version", { simple: true }));

export interface MigrateOptions {
  readonly steps?: readonly string[];
  /** Called in the transaction before the first step on a database of an older version; what it throws stops it. */
  readonly beforeUpgrade?: (version: number) => void;
}

/**
 * Applies the migrations that a database lacks, all in one transaction. Foreign keys are off meanwhile, as tables are
 * rebuilt, and checked before the commit; afterwards they are on.
 */
export function migrate(
  database: Database,
  { steps = migrations, beforeUpgrade }: MigrateOptions = {},
): void {
  if (versionOf(database) < steps.length) {
    database.pragma("foreign_keys = off");
    // Another process may have upgraded the file while this one waited, so the version is read again inside.
    database
      .transaction(() => {
        const version = versionOf(database);
        if (version >= steps.length) return;
        if (version > 0) beforeUpgrade?.(version);
        for (const step of steps.slice(version)) database.exec(step);
        requireReferences(database);
        database.pragma(`application_id = ${applicationId}`);
        database.pragma(`user_version = ${steps.length}`);
      })
      .immediate();
  }
  database.pragma("foreign_keys = on");
}

function requireReferences(database: Database): void {
  const orphan = database.prepare("select * from pragma_foreign_key_check limit 1").get();
  if (orphan)
    throw new Error(`The upgrade would leave a row without its parent: ${JSON.stringify(orphan)}`);
}
