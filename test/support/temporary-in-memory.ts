import { existsSync, mkdirSync, mkdtempSync, rmSync, statfsSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const memory = "/dev/shm";
/** Tests leave less than a tenth of this. */
const leastRoom_bytes = 2 ** 31;

/**
 * Puts all temporary files of a run into memory where there is room: tables wait for the disk with every row, and no test asks
 * how long that takes. Returns how to remove them.
 */
export function setup(): (() => void) | undefined {
  if (tmpdir().startsWith(memory) || !hasRoom()) return undefined;
  const folder = mkdtempSync(join(memory, "wattsplit-run-"));
  // What tsx has compiled is kept for the next run.
  const compiled = `tsx-${process.geteuid?.()}`;
  mkdirSync(join(tmpdir(), compiled), { recursive: true });
  symlinkSync(join(tmpdir(), compiled), join(folder, compiled));
  process.env.TMPDIR = folder;
  return () => rmSync(folder, { recursive: true, force: true });
}

function hasRoom(): boolean {
  if (!existsSync(memory)) return false;
  const { bavail, bsize } = statfsSync(memory);
  return bavail * bsize > leastRoom_bytes;
}
