import { createHash } from "node:crypto";
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UserError } from "../src/errors.ts";
import { type FileLock, tryLockFile } from "./file-lock.ts";
import type { PlatformIdentity } from "./records.ts";

export interface DeviceLockOptions {
  /** What the device is measured for, in words: shown to whoever wants it meanwhile. */
  readonly purpose: string;
  /** Where the machine's lock files lie; default the system's folder for temporary files. */
  readonly folder?: string;
}

/**
 * Lets one session at a time measure on a device: two would disturb each other. Dropped when the process dies.
 * Throws a UserError that names the holder.
 */
export function lockDevice(
  { device, fingerprint }: Pick<PlatformIdentity, "device" | "fingerprint">,
  { purpose, folder = tmpdir() }: DeviceLockOptions,
): FileLock {
  const key = createHash("sha256").update(`${device}\n${fingerprint}`).digest("hex").slice(0, 16);
  const path = join(folder, `wattsplit-device-${key}.lock`);
  const notice = `${path}.holder`;
  const lock = lockShared(path);
  if (!lock)
    throw new UserError(`Device ${device} is being measured by ${holderOf(notice)}`, {
      hint: "Two measurements at once would disturb each other: wait until that one ends, or stop it, and run again.",
      exit: "unavailable",
    });
  writeFileSync(notice, `process ${process.pid} (${purpose})`);
  openToAll(notice);
  return lock;
}

function lockShared(path: string): FileLock | undefined {
  try {
    const lock = tryLockFile(path);
    openToAll(path);
    return lock;
  } catch (error) {
    throw new UserError(`The lock of the device cannot be taken: ${path} cannot be written`, {
      hint: "Allow writing to it, or set TMPDIR to a folder that all who measure on this machine share.",
      exit: "unavailable",
      cause: error,
    });
  }
}

/** Other users of the machine take the same lock. */
function openToAll(path: string): void {
  try {
    chmodSync(path, 0o666);
  } catch {
    // Another user's file; that user opened it to all.
  }
}

function holderOf(notice: string): string {
  try {
    return readFileSync(notice, "utf8");
  } catch {
    return "another process";
  }
}
