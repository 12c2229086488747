import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** A disk of its own, small enough to be filled; undefined without leave to mount one. */
export function smallDisk(folder: string, megabytes: number): { close(): void } | undefined {
  mkdirSync(folder, { recursive: true });
  const mount = ["-t", "tmpfs", "-o", `size=${megabytes}m`, "none", folder];
  if (spawnSync("mount", mount).status !== 0) return undefined;
  return { close: () => void execFileSync("umount", ["-l", folder]) };
}

/** Fills what is left of a folder's disk, to the last byte; what it returns frees it again. */
export function fillDisk(folder: string): () => void {
  const filling = join(folder, "filling");
  for (let bytes = 2 ** 22; bytes >= 1; bytes /= 2) while (hasWritten(filling, bytes));
  return () => rmSync(filling, { force: true });
}

function hasWritten(path: string, bytes: number): boolean {
  try {
    writeFileSync(path, new Uint8Array(bytes), { flag: "a" });
    return true;
  } catch {
    return false;
  }
}
