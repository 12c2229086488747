import { readFileSync, writeFileSync } from "node:fs";
import type { Random } from "../../src/random.ts";
import type { Telling } from "./telling.ts";

/** The bytes of a table's files at one moment: the file and its write-ahead log. */
export interface Files {
  readonly table: Buffer;
  readonly log: Buffer;
}

/** Stops the writers, all at once as far as the files are concerned, reads the files and lets them go on. */
export function filesAtOneMoment(path: string, writers: readonly Telling[]): Files {
  for (const { child } of writers) child.kill("SIGSTOP");
  while (!writers.every(({ child }) => isStopped(child.pid)));
  const files = { table: readFileSync(path), log: readFileSync(`${path}-wal`) };
  for (const { child } of writers) child.kill("SIGCONT");
  return files;
}

/** The signal takes effect a moment later (proc(5): the state stands after the name). */
const isStopped = (pid: number | undefined): boolean =>
  / [Tt] /.test(readFileSync(`/proc/${pid}/stat`, "utf8").split(")").at(-1) ?? "");

/** Disks write sectors whole. */
const sector_bytes = 512;

/**
 * What a power cut after `earlier` may leave of `later`: SQLite syncs the log before it copies pages into the file, and the
 * file before it starts the log anew. While the log goes on, sectors of both written in between are each there or not.
 */
export function afterPowerCut(earlier: Files, later: Files, random: Random): Files {
  if (!saltOf(earlier.log).equals(saltOf(later.log))) return later;
  // Pages in the file were synced in the log before: the log then is whole.
  return earlier.table.equals(later.table)
    ? { table: later.table, log: torn(earlier.log, later.log, random) }
    : { table: torn(earlier.table, later.table, random), log: later.log };
}

export function writeFiles(path: string, { table, log }: Files): void {
  writeFileSync(path, table);
  writeFileSync(`${path}-wal`, log);
}

/** Bytes 16 to 23 of a write-ahead log change whenever it starts anew (sqlite.org/fileformat2.html, section 4.1). */
const saltOf = (log: Buffer): Buffer => log.subarray(16, 24);

/** Each sector as it was, or as it became; of what was added, some length, and what is not there is zero. */
function torn(was: Buffer, became: Buffer, random: Random): Buffer {
  const added = Math.max(0, became.length - was.length);
  const length = became.length - Math.floor(random.uniform() * added);
  const mixed = Buffer.from(became.subarray(0, length));
  for (let at = 0; at < length; at += sector_bytes) {
    if (random.uniform() < 0.5) continue;
    const end = Math.min(at + sector_bytes, length);
    mixed.fill(0, at, end);
    if (at < was.length) was.copy(mixed, at, at, Math.min(end, was.length));
  }
  return mixed;
}
