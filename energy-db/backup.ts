import { closeSync, existsSync, fsyncSync, openSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Database } from "better-sqlite3";
import { UserError } from "../src/errors.ts";

/**
 * Copies the table at `path` beside it, as `path.v1.bak` for version 1; an earlier copy is never overwritten. Called
 * inside the transaction that upgrades, so that nothing is written meanwhile. Throws a UserError when it cannot.
 */
export function backUp(database: Database, path: string, version: number): void {
  const target = freeName(`${path}.v${version}`);
  const unfinished = `${target}.part`;
  try {
    const file = openSync(unfinished, "w");
    try {
      writeFileSync(file, database.serialize());
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(unfinished, target);
  } catch (error) {
    throw new UserError(
      `Energy table ${path} has schema version ${version} and is not upgraded: its backup ${target} cannot be written`,
      {
        hint: `Make room and allow writing in ${dirname(path)}, then run again. The table is unchanged, and reading it works as it is.`,
        cause: error,
      },
    );
  }
}

function freeName(stem: string): string {
  for (let i = 1; ; i++) {
    const name = i === 1 ? `${stem}.bak` : `${stem}.${i}.bak`;
    if (!existsSync(name)) return name;
  }
}
