import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Device, openDevice } from "../../devices/index.ts";
import { wattsplitCommand } from "../support/wattsplit-command.ts";
import { expectSameRowsWhenever, moments, type Rows, undisturbedRows } from "./any-moment.ts";
import { cuttingProxy } from "./cutting-proxy.ts";
import { type LoopbackSshd, loopbackSshd, sshdMissing } from "./loopback-sshd.ts";
import { fillDisk, smallDisk } from "./small-disk.ts";

const missing = sshdMissing();
const folder = mkdtempSync(join(tmpdir(), "wattsplit-any-ssh-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.skipIf(missing !== undefined)(
  `over ssh no row is lost or doubled${missing ? ` (${missing})` : ""}`,
  () => {
    let sshd: LoopbackSshd & { configFor(port: number, name: string): string };
    let undisturbed: Rows;
    let notices: string[] = [];
    let onNotice = (_notice: string): void => undefined;
    beforeAll(async () => {
      sshd = await loopbackSshd();
      const device = await open("undisturbed", sshd.port);
      undisturbed = await undisturbedRows(device);
      await device.close();
    });
    afterAll(() => sshd?.stop());

    const open = (
      id: string,
      port: number,
      command: readonly string[] = wattsplitCommand,
    ): Promise<Device> => {
      writeFileSync(
        join(folder, `${id}.json`),
        JSON.stringify({
          id,
          summary: "this machine over ssh",
          transports: ["ssh"],
          address: "loopback",
          sshConfig: sshd.configFor(port, id),
          command,
          runtimes: ["ort-cpu"],
          meters: ["none"],
          sources: [],
        }),
      );
      notices = [];
      return openDevice(id, {
        folder,
        onNotice: (notice) => {
          notices.push(notice);
          onNotice(notice);
        },
      });
    };

    it("when the cable is pulled at any moment", async () => {
      const proxy = await cuttingProxy(sshd.port);
      const device = await open("cable", proxy.port);

      await expectSameRowsWhenever(device, undisturbed, () => proxy.cut());

      expect(proxy.cuts).toBe(moments);
      await device.close();
      proxy.close();
    });

    it("when the agent is killed at any moment", async () => {
      const pidFile = join(folder, "agent.pid");
      const keepPid = `echo $$ > ${pidFile}; exec "$@"`;
      const device = await open("killed", sshd.port, [
        "sh",
        "-c",
        keepPid,
        "sh",
        ...wattsplitCommand,
      ]);
      let kills = 0;

      await expectSameRowsWhenever(device, undisturbed, () => {
        process.kill(Number(readFileSync(pidFile, "utf8")), "SIGKILL");
        kills++;
      });

      expect(kills).toBe(moments);
      await device.close();
    });

    it("when its disk is full for a while", async (context) => {
      const path = join(folder, "disk");
      const disk = smallDisk(path, 64) ?? context.skip("needs leave to mount a tmpfs");
      context.onTestFinished(() => disk.close());
      const device = await open("full", sshd.port, ["env", `TMPDIR=${path}`, ...wattsplitCommand]);
      let fills = 0;
      let free = (): void => undefined;
      // Not before it was noticed: a device that happens to write nothing for a while would not know.
      onNotice = (notice) => {
        if (notice.startsWith("No space")) free();
      };

      const fill = () => {
        fills++;
        free = fillDisk(path);
      };
      // Again where nothing was written at any of the moments drawn; a disk that is never noticed to be full ends by the time limit.
      do await expectSameRowsWhenever(device, undisturbed, fill, { restore: () => free() });
      while (!notices.some((notice) => /^No space is left on the device \(.*ENOSPC/.test(notice)));

      expect(fills % moments).toBe(0);
      expect(notices).toContain("There is space again; going on");
      expect(notices.filter((notice) => notice.includes("Connection lost"))).toEqual([]);
      await device.close();
    });
  },
);
