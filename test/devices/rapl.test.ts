import { describe, expect, it } from "vitest";
import { filesBelow } from "../../devices/files.ts";
import type { MeterSample } from "../../devices/index.ts";
import { raplMeter } from "../../devices/meters/rapl.ts";
import { VirtualClock } from "../profiler/simulated-device/clock.ts";
import { sysfsFixture, twoSockets, writeFiles, zone } from "./sysfs.ts";

const open = (files: Readonly<Record<string, string | null>>) => {
  const root = sysfsFixture(files);
  const clock = new VirtualClock();
  return { root, clock, meter: raplMeter({ files: filesBelow(root), clock }) };
};

const countedRails = async (files: Readonly<Record<string, string | null>>) => {
  const { rails } = await open(files).meter.describe();
  return rails.filter(({ counted }) => counted).map(({ id }) => id);
};

describe("which RAPL zones are counted", () => {
  it("sums packages and memory, and neither cores nor the mmio duplicates", async () => {
    expect(await countedRails(twoSockets)).toEqual([
      "intel-rapl:0",
      "intel-rapl:1",
      "intel-rapl:0:1",
      "intel-rapl:1:0",
    ]);
  });

  it("leaves psys out where packages can be read", async () => {
    const files = { ...zone("intel-rapl:0", "package-0"), ...zone("intel-rapl:1", "psys") };

    expect(await countedRails(files)).toEqual(["intel-rapl:0"]);
  });

  it("takes psys where no package can be read", async () => {
    const files = {
      ...zone("intel-rapl:0", "package-0", { energy_uj: null }),
      ...zone("intel-rapl:1", "psys"),
    };

    expect(await countedRails(files)).toEqual(["intel-rapl:1"]);
  });

  it("finds sub-zones that stand only inside their parent, once", async () => {
    const nested = Object.fromEntries(
      Object.entries(zone("intel-rapl:0:0", "dram")).map(([path, text]) => [
        path.replace("intel-rapl:0:0", "intel-rapl:0/intel-rapl:0:0"),
        text,
      ]),
    );

    expect(await countedRails({ ...zone("intel-rapl:0", "package-0"), ...nested })).toEqual([
      "intel-rapl:0",
      "intel-rapl:0:0",
    ]);
  });

  it("counts a package that two zones report once", async () => {
    const files = { ...zone("intel-rapl:0", "package-0"), ...zone("intel-rapl:2", "package-0") };

    expect(await countedRails(files)).toEqual(["intel-rapl:0"]);
  });

  it("tells the dies of one package apart", async () => {
    const files = {
      ...zone("intel-rapl:0", "package-0-die-0"),
      ...zone("intel-rapl:1", "package-0-die-1"),
    };

    expect(await countedRails(files)).toEqual(["intel-rapl:0", "intel-rapl:1"]);
  });

  it("counts zones whose power limits are locked: their counters run", async () => {
    const files = {
      ...zone("intel-rapl:0", "package-0", { enabled: "0" }),
      ...zone("intel-rapl:0:0", "dram", { enabled: "0" }),
    };

    expect(await countedRails(files)).toEqual(["intel-rapl:0", "intel-rapl:0:0"]);
  });
});

describe("RAPL's stream of readings", () => {
  it("has every counted zone at every period, in joules", async () => {
    const { root, clock, meter } = open(twoSockets);
    const samples: MeterSample[] = [];

    await meter.start({ period_s: 0.1 });
    writeFiles(root, { "sys/class/powercap/intel-rapl:0/energy_uj": "30000000" });
    await clock.sleep(0.15);
    await meter.stop();
    for await (const sample of meter.samples()) samples.push(sample);

    expect(new Set(samples.map(({ rail }) => rail)).size).toBe(4);
    expect(samples.filter(({ rail }) => rail === "intel-rapl:0")).toEqual([
      { rail: "intel-rapl:0", time_s: 0, energy_j: 0 },
      { rail: "intel-rapl:0", time_s: 0.1, energy_j: 30 },
      { rail: "intel-rapl:0", time_s: 0.15, energy_j: 30 },
    ]);
  });

  it("takes the plausible power from the zone's limit", async () => {
    const { rails } = await open({
      ...zone("intel-rapl:0", "package-0"),
      "sys/class/powercap/intel-rapl:0/constraint_0_max_power_uw": "65000000",
    }).meter.describe();

    expect(rails[0]?.maxPower_w).toBe(5 * 65);
  });
});

describe("whether RAPL works", () => {
  it("says what is summed where it does", async () => {
    expect(await open(twoSockets).meter.probe()).toEqual({
      ok: true,
      note: "total = package-0 + package-1 + dram + dram",
    });
  });

  it("names the unreadable counter and the command that opens it", async () => {
    const probed = await open(zone("intel-rapl:0", "package-0", { energy_uj: null })).meter.probe();

    expect(probed).toEqual({
      ok: false,
      reason: expect.stringContaining("intel-rapl:0/energy_uj"),
      remedy: expect.stringContaining("chmod"),
    });
  });

  it("says that a machine without powercap has none", async () => {
    expect(await open({}).meter.probe()).toEqual({
      ok: false,
      reason: expect.stringContaining("no RAPL zone"),
      remedy: expect.stringContaining("--assume-power"),
    });
  });

  it("warns that a counter of unknown size cannot be followed over a wrap", async () => {
    const { meter } = open(zone("intel-rapl:0", "package-0", { range_uj: null }));

    expect((await meter.describe()).caveats.join(" ")).toContain("size unknown for package-0");
  });
});
