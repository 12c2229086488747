import { describe, expect, it } from "vitest";
import { openDevice, probeDevices } from "../../devices/index.ts";
import { sysfsFixture, twoSockets, zone } from "./sysfs.ts";

describe("the local device", () => {
  it("identifies what decides whether measurements are comparable", async () => {
    const root = sysfsFixture({
      "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor": "performance",
    });
    const device = await openDevice("local", { threads: 2, sysfsRoot: root });

    expect(device.identity).toMatchObject({
      device: "local",
      runtime: "ort-cpu",
      precision: "float32",
      threads: 2,
      powerMode: "performance",
    });
    expect(device.identity.processor).not.toBe("");
    expect(device.identity.runtimeVersion).toMatch(/^\d+\.\d+/);
    expect(device.identity.runtimeBuild).toMatch(/^[0-9a-f]{16}$/);
    expect(device.identity.fingerprint).toMatch(/^([0-9a-f]{16}|unknown)$/);
    expect(device.identity.os).not.toBe("");
    await device.close();
  });

  it("leaves out what cannot be read: power mode, temperature, clock, load, and a meter", async () => {
    const device = await openDevice("local", { sysfsRoot: sysfsFixture({}) });

    expect(device.identity.powerMode).toBe("unknown");
    expect(await device.state()).toEqual({});
    expect(device.capabilities.meter.id).toBe("none");
    await device.close();
  });

  it("reads temperature, clock and load, and uses RAPL by itself where it works", async () => {
    const device = await openDevice("local", {
      sysfsRoot: sysfsFixture({
        ...twoSockets,
        "sys/class/thermal/thermal_zone0/temp": "45500",
        "sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq": "2400000",
        "proc/loadavg": "0.25 0.10 0.05 1/100 1234",
      }),
    });

    expect(await device.state()).toMatchObject({
      temperature_c: 45.5,
      clock_hz: 2.4e9,
      load: 0.25,
    });
    expect(device.capabilities.meter.id).toBe("rapl");
    await device.close();
  });

  it("refuses a meter that is asked for and does not work, with its remedy", async () => {
    const root = sysfsFixture(zone("intel-rapl:0", "package-0", { energy_uj: null }));

    await expect(openDevice("local", { meter: "rapl", sysfsRoot: root })).rejects.toMatchObject({
      name: "UserError",
      exit: "unavailable",
      hint: expect.stringContaining("chmod"),
    });
  });

  it.each([{ meter: "rapl" }, { precision: "float16" }] as const)(
    "leaves no process behind that would keep a refused command from ending: %o",
    async (options) => {
      const children = () =>
        process.getActiveResourcesInfo().filter((resource) => resource === "ProcessWrap");
      const before = children();

      await expect(
        openDevice("local", { ...options, sysfsRoot: sysfsFixture({}) }),
      ).rejects.toMatchObject({ name: "UserError" });

      expect(children()).toEqual(before);
    },
  );

  it.each([
    ["device", "locl", {}],
    ["runtime", "local", { runtime: "ort-gpu" }],
    ["meter", "local", { meter: "rappl" }],
    ["threads", "local", { threads: 0 }],
  ])("refuses an unknown %s as wrong usage", async (_, id, options) => {
    await expect(openDevice(id, options)).rejects.toMatchObject({
      name: "UserError",
      exit: "usage",
    });
  });
});

describe("probing devices", () => {
  it("reports each runtime and meter, with a remedy where one does not work", async () => {
    const rows = await probeDevices("local", { sysfsRoot: sysfsFixture({}) });

    const works = new Map(rows.map((row) => [row.name, row.works]));
    expect(["ort-cpu", "rapl", "jetson", "battery", "none"].map((name) => works.get(name))).toEqual(
      [true, false, false, false, true],
    );
    expect(rows.filter(({ works, remedy }) => !works && !remedy)).toEqual([]);
  });
});
