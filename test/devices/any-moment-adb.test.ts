import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Device, openDevice } from "../../devices/index.ts";
import { expectSameRowsWhenever, type Rows, undisturbedRows } from "./any-moment.ts";
import { type FakeBenchmarkModel, fakeBenchmarkModel } from "./fake-benchmark-model.ts";
import { adbMissing, type FakePhone, fakePhone } from "./fake-phone.ts";
import { fillDisk, smallDisk } from "./small-disk.ts";
import { law } from "./tflite-law.ts";

/** Of each kind; the first is the first record, the others are drawn. By hand: WATTSPLIT_MOMENTS=10 npx vitest run ... */
const moments = Number(process.env.WATTSPLIT_MOMENTS ?? 1);
const storage = "data/local/tmp";
const folder = mkdtempSync(join(tmpdir(), "wattsplit-any-adb-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.skipIf(adbMissing)(
  `over adb no row is lost or doubled${adbMissing ? ` (${adbMissing})` : ""}`,
  () => {
    let phone: FakePhone;
    let disk: ReturnType<typeof smallDisk>;
    let program: FakeBenchmarkModel;
    let device: Device;
    let undisturbed: Rows;
    let notices: string[] = [];
    let onNotice = (_notice: string): void => undefined;
    beforeAll(async () => {
      phone = await fakePhone();
      disk = smallDisk(join(phone.root, storage), 16);
      // Beside the one folder that is written to: that one's disk is filled.
      program = fakeBenchmarkModel(join(phone.root, "bin/benchmark_model"), law);
      device = await openDevice(`adb:${phone.serial}`, {
        folder,
        runtime: "tflite",
        runner: program.path,
        meter: "none",
        onNotice: (notice) => {
          notices.push(notice);
          onNotice(notice);
        },
      });
      undisturbed = await undisturbedRows(device);
      notices = [];
    });
    afterAll(async () => {
      await device?.close();
      program?.close();
      disk?.close();
      phone?.close();
    });

    it("when the cable is pulled", async () => {
      let pulls = 0;

      await expectSameRowsWhenever(
        device,
        undisturbed,
        () => {
          pulls++;
          phone.unplug();
        },
        { numRuns: moments },
      );

      expect(pulls).toBe(moments);
    });

    it("when it is offline for a while", async () => {
      onNotice = (notice) => {
        if (notice.includes("Connection lost")) phone.wake();
      };

      await expectSameRowsWhenever(device, undisturbed, () => phone.sleep(), {
        numRuns: moments,
      });

      expect(notices).toContain("The device is back; going on");
    });

    it("when the program that measures is killed", async () => {
      let kills = 0;

      await expectSameRowsWhenever(
        device,
        undisturbed,
        () => {
          kills++;
          program.killNext();
        },
        { numRuns: moments },
      );

      expect(kills).toBe(moments);
      expect(notices).toContainEqual(expect.stringContaining("was killed on the device"));
    });

    it("when its disk is full for a while", async (context) => {
      if (!disk) context.skip("needs leave to mount a tmpfs");
      let free = (): void => undefined;
      // Not before it was noticed: a device that happens to write nothing for a while would not know.
      onNotice = (notice) => {
        if (notice.startsWith("No space")) free();
      };

      await expectSameRowsWhenever(
        device,
        undisturbed,
        () => {
          free = fillDisk(join(phone.root, storage));
        },
        { numRuns: moments, restore: () => free() },
      );

      expect(notices).toContain("There is space again; going on");
    });
  },
);
