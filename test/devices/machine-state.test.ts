import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { androidState, readAndroidState } from "../../devices/android-state.ts";
import { filesBelow } from "../../devices/files.ts";
import { machineState } from "../../devices/machine-state.ts";
import { localTransport } from "../../devices/transports/local.ts";
import { sysfsFixture } from "./sysfs.ts";

const cpu = (n: number, file: string) => `sys/devices/system/cpu/cpu${n}/cpufreq/${file}`;
const zone = (n: number, type: string, temp: string) => ({
  [`sys/class/thermal/thermal_zone${n}/type`]: type,
  [`sys/class/thermal/thermal_zone${n}/temp`]: temp,
});
const stateOf = (files: Readonly<Record<string, string | null>>) =>
  machineState(filesBelow(sysfsFixture(files)));

describe("the state of a Linux machine", () => {
  test("has the hottest sensor of the processor, and no other's", () => {
    const hot = { ...zone(0, "battery", "90000"), ...zone(1, "cpu-0-0", "41000") };

    expect(stateOf({ ...hot, ...zone(2, "soc_thermal", "52500") }).temperature_c).toBe(52.5);
    expect(
      stateOf({
        ...hot,
        "sys/class/hwmon/hwmon0/name": "nvme",
        "sys/class/hwmon/hwmon0/temp1_input": "70000",
        "sys/class/hwmon/hwmon1/name": "k10temp",
        "sys/class/hwmon/hwmon1/temp1_input": "61000",
      }).temperature_c,
    ).toBe(61);
  });

  test.each(["-274000", "0", "999999", "soon", null])("leaves out a temperature of %s", (temp) => {
    expect(stateOf({ "sys/class/thermal/thermal_zone0/temp": temp })).toEqual({});
  });

  test("has the clock of the fastest core and the governors of all clusters", () => {
    const state = stateOf({
      [cpu(0, "scaling_cur_freq")]: "300000",
      [cpu(4, "scaling_cur_freq")]: "2400000",
      [cpu(0, "scaling_governor")]: "schedutil",
      [cpu(4, "scaling_governor")]: "performance",
      [cpu(5, "scaling_governor")]: "performance",
      "sys/devices/system/cpu/cpufreq/boost": "1",
    });

    expect(state).toEqual({
      clock_hz: 2.4e9,
      powerMode: "schedutil+performance",
      savesPower: false,
    });
  });

  test.each([
    ["acpi-cpufreq", "powersave", undefined, true],
    ["acpi-cpufreq", "schedutil", undefined, false],
    // Of these two drivers it is the governor that raises clocks with the load.
    ["intel_pstate", "powersave", "balance_performance", false],
    ["amd-pstate-epp", "powersave", "power", true],
  ])("saves power with %s, %s and preference %s: %s", (driver, governor, preference, saves) => {
    const state = stateOf({
      [cpu(0, "scaling_driver")]: driver,
      [cpu(0, "scaling_governor")]: governor,
      ...(preference ? { [cpu(0, "energy_performance_preference")]: preference } : {}),
      [cpu(4, "scaling_governor")]: "performance",
    });

    expect(state.savesPower).toBe(saves);
  });

  test("has the batteries that it runs on together, and no mouse's", () => {
    const supply = (name: string, status: string, capacity: string) => ({
      [`sys/class/power_supply/${name}/type`]: "Battery",
      [`sys/class/power_supply/${name}/status`]: status,
      [`sys/class/power_supply/${name}/capacity`]: capacity,
    });

    expect(
      stateOf({
        ...supply("BAT0", "Unknown", "80"),
        ...supply("BAT1", "Discharging", "40"),
        ...supply("hidpp_0", "Discharging", "5"),
        "sys/class/power_supply/hidpp_0/scope": "Device",
      }).battery,
    ).toEqual({ status: "discharging", level: 0.6 });
    expect(
      stateOf({ ...supply("BAT0", "Full", "100"), ...supply("BAT1", "Discharging", "40") }).battery,
    ).toEqual({ status: "discharging", level: 0.7 });
  });

  test("has the processor time that anybody spent, as proc(5) counts it", () => {
    // user 100, nice 20, system 30, idle 4000, iowait 50, irq 6, softirq 7, steal 8: 171 ticks of a hundredth.
    expect(stateOf({ "proc/stat": "cpu  100 20 30 4000 50 6 7 8 0 0\ncpu0 1 1" }).busy_s).toBe(
      1.71,
    );
  });

  test.each([
    ["Discharging", "83", { status: "discharging", level: 0.83 }],
    ["Not charging", "100", { status: "idle", level: 1 }],
    ["Full", "250", { status: "full" }],
    ["Unknown", "50", undefined],
  ])("has a battery that is %s at %s", (status, capacity, battery) => {
    const state = stateOf({
      "sys/class/power_supply/AC/type": "Mains",
      "sys/class/power_supply/BAT0/type": "Battery",
      "sys/class/power_supply/BAT0/status": status,
      "sys/class/power_supply/BAT0/capacity": capacity,
    });

    expect(state.battery).toEqual(battery);
  });
});

/** In the form of Android's services; Samsung's own block repeats a key. */
const battery = `Current Battery Service state:
  USB powered: true
  status: 2
  level: 84
  scale: 100
  temperature: 274
  SEC block
  status: 5
`;
const thermal = `IsStatusOverride: false
Thermal Status: 2
Cached temperatures:
	Temperature{mValue=61.0, mType=3, mName=skin, mStatus=0}
Current temperatures from HAL:
	Temperature{mValue=55.1, mType=0, mName=cpu, mStatus=0}
	Temperature{mValue=36.5, mType=3, mName=skin, mStatus=0}
`;

describe("the state of a phone", () => {
  const folder = mkdtempSync(join(tmpdir(), "wattsplit-android-state-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test("comes from its services and the files that its shell may read, by one command", async () => {
    const shims = {
      dumpsys: `case $1 in battery) cat <<'E'
${battery}E
;; thermalservice) cat <<'E'
${thermal}E
;; power) echo "  mWakefulness=Dozing";; esac`,
      settings: "case $3 in screen_brightness) echo 120;; *) echo 1;; esac",
      vcgencmd: "echo throttled=0x50000",
    };
    for (const [name, text] of Object.entries(shims)) {
      writeFileSync(join(folder, name), `#!/bin/sh\n${text}\n`);
      chmodSync(join(folder, name), 0o755);
    }
    const transport = localTransport({
      env: { ...process.env, PATH: `${folder}:${process.env.PATH}` },
    });

    const state = await androidState(transport);

    expect(state).toMatchObject({
      temperature_c: 36.5,
      thermalStatus: 2,
      battery: { status: "charging", level: 0.84 },
      isAwake: false,
      powerMode: expect.stringContaining("battery saver"),
      brightness: 120,
      isInAirplaneMode: true,
      throttled: "0x50000",
      load: expect.any(Number),
      busy_s: expect.any(Number),
    });
  });

  test("has the battery's temperature where no skin is known, and nothing that it hides", () => {
    expect(readAndroidState(`==wattsplit battery\n${battery}`)).toEqual({
      temperature_c: 27.4,
      battery: { status: "charging", level: 0.84 },
    });
    expect(readAndroidState("sh: not found\n")).toEqual({});
  });
});
