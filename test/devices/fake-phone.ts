import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { vi } from "vitest";
import { adbTransport } from "../../devices/transports/adb.ts";
import { type FakeAdbd, fakeAdbd } from "./fake-adbd.ts";

/** Why no stand-in phone can be reached here; undefined where one can. */
export const adbMissing: string | undefined =
  spawnSync("adb", ["version"]).status === 0 ? undefined : "skipped: no adb (apt-get install adb)";

/** A phone's stand-in behind the real adb, whose server is this test's own. */
export interface FakePhone extends Pick<FakeAdbd, "unplug" | "sleep" | "wake"> {
  readonly serial: string;
  /** Plays the phone's file system. */
  readonly root: string;
  close(): void;
}

const getprop = `#!/bin/sh
case $1 in ro.product.model) echo "Fake Phone";; ro.soc.model) echo "Tensor";; ro.serialno) echo fake;; *) echo 14;; esac
`;

/** With these programs first in the PATH of its shell. */
export async function fakePhone(
  programs: Readonly<Record<string, string>> = {},
): Promise<FakePhone> {
  const root = mkdtempSync(join(tmpdir(), "wattsplit-phone-"));
  vi.stubEnv("ANDROID_ADB_SERVER_PORT", `${await freePort()}`);
  // adb keeps its keys there.
  vi.stubEnv("HOME", root);
  for (const folder of ["bin", "data/local/tmp"])
    mkdirSync(join(root, folder), { recursive: true });
  for (const [name, text] of Object.entries({ getprop, ...programs })) {
    writeFileSync(join(root, "bin", name), text);
    chmodSync(join(root, "bin", name), 0o755);
  }
  const adbd = await fakeAdbd({ root });
  const serial = `127.0.0.1:${adbd.port}`;
  await adbTransport({ serial }).reach();
  return {
    serial,
    root,
    unplug: adbd.unplug,
    sleep: adbd.sleep,
    wake: adbd.wake,
    close: () => {
      spawnSync("adb", ["kill-server"]);
      adbd.close();
      vi.unstubAllEnvs();
      rmSync(root, { recursive: true, force: true });
    },
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}
