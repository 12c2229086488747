import { execFile, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, describe, expect, it } from "vitest";

const missing =
  spawnSync("umockdev-run", ["--version"]).status === 0
    ? undefined
    : "skipped: no umockdev (apt-get install umockdev)";

const folder = mkdtempSync(join(tmpdir(), "wattsplit-umockdev-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A discharging battery of 12 V and 1.25 A, and a power chip, in umockdev's format. */
const devices = String.raw`P: /devices/platform/test/power_supply/BAT0
E: SUBSYSTEM=power_supply
A: type=Battery\n
A: status=Discharging\n
A: voltage_now=12000000\n
A: current_now=1250000\n

P: /devices/platform/ina/hwmon/hwmon7
E: SUBSYSTEM=hwmon
A: name=ina226\n
A: power1_input=5250000\n
`;

describe.skipIf(missing !== undefined)(
  `on a machine that umockdev makes up${missing ? ` (${missing})` : ""}`,
  () => {
    it("the command finds the sensors in sysfs, and nothing of this machine's own", async () => {
      const file = join(folder, "devices.umockdev");
      writeFileSync(file, devices);
      const probe = ["devices", "probe", "local", "--parts", "battery,hwmon,rapl", "--json"];
      // The sources, since what was built for tests lies below /dev, all of which umockdev makes up.
      const command = [process.execPath, "--import", "tsx", "src/app/cli/main.ts", ...probe];
      const argv = ["--device", file, "--", ...command];

      const { stdout } = await promisify(execFile)("umockdev-run", argv, {
        cwd: join(import.meta.dirname, "../../.."),
        env: { ...process.env, TMPDIR: "/tmp" },
      });

      expect(JSON.parse(stdout).rows).toEqual([
        expect.objectContaining({ name: "battery", works: true, detail: "total = BAT0" }),
        expect.objectContaining({ name: "hwmon", works: true, detail: "total = ina226 power1" }),
        expect.objectContaining({ name: "rapl", works: false }),
      ]);
    });
  },
);
