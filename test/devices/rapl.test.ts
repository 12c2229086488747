import { describe, expect, it } from "vitest";
import { totalEnergy } from "../../devices/index.ts";
import { raplMeter } from "../../devices/meters/rapl.ts";
import { localTransport } from "../../devices/transports/local.ts";
import { sysfsFixture, twoSockets, writeFiles, zone } from "./sysfs.ts";

/** A clock that stands still until it is told the time. */
function handClock(start_s = 0) {
  const clock = {
    time_s: start_s,
    step_s: 1e-9,
    now_s: () => clock.time_s,
    timestamp: () => "2026-01-01T00:00:00.000Z",
    sleep: async (duration_s: number) => {
      clock.time_s += duration_s;
    },
  };
  return clock;
}

const open = (files: Readonly<Record<string, string | null>>) => {
  const root = sysfsFixture(files);
  const clock = handClock();
  return { root, clock, meter: raplMeter(localTransport(root), clock) };
};

const countedRails = async (files: Readonly<Record<string, string | null>>) => {
  const { rails } = await open(files).meter.describe();
  return rails.filter(({ counted }) => counted).map(({ id }) => id);
};

/** Energy between the fixture as it is and the fixture with other counters, `duration_s` later. */
async function energyAfter(
  files: Readonly<Record<string, string | null>>,
  changed: Readonly<Record<string, string>>,
  duration_s = 1,
) {
  const { root, clock, meter } = open(files);
  const before = await meter.read();
  writeFiles(
    root,
    Object.fromEntries(
      Object.entries(changed).map(([id, uj]) => [`sys/class/powercap/${id}/energy_uj`, uj]),
    ),
  );
  clock.time_s += duration_s;
  const after = await meter.read();
  return totalEnergy((await meter.describe()).rails, [before, after]);
}

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

  it("leaves disabled zones out", async () => {
    const files = {
      ...zone("intel-rapl:0", "package-0"),
      ...zone("intel-rapl:0:0", "dram", { enabled: "0" }),
    };

    expect(await countedRails(files)).toEqual(["intel-rapl:0"]);
  });
});

describe("energy between two readings of RAPL", () => {
  it("is the sum of the counters' rises", async () => {
    const energy = await energyAfter(twoSockets, {
      "intel-rapl:0": "30000000",
      "intel-rapl:1": "20000000",
      "intel-rapl:0:1": "5000000",
    });

    expect(energy).toEqual({ ok: true, energy_j: 55 });
  });

  it("undoes a wrap per rail, with that rail's own size", async () => {
    const files = {
      ...zone("intel-rapl:0", "package-0", { energy_uj: "262143000000" }),
      ...zone("intel-rapl:0:0", "dram", { energy_uj: "65712000000", range_uj: "65712999613" }),
    };

    const energy = await energyAfter(files, { "intel-rapl:0": "671150", "intel-rapl:0:0": "387" });

    // 0.328850 + 0.671150 of the package, 0.999613 + 0.000387 of the memory.
    expect(energy).toEqual({ ok: true, energy_j: expect.closeTo(2, 6) });
  });

  it("is invalid when a counter of unknown size fell", async () => {
    const files = zone("intel-rapl:0", "package-0", { energy_uj: "5000000", range_uj: null });

    const energy = await energyAfter(files, { "intel-rapl:0": "1000000" });

    expect(energy).toEqual({ ok: false, reason: expect.stringContaining("size") });
  });

  it("is invalid when it would take more power than the rail can draw", async () => {
    const files = {
      ...zone("intel-rapl:0", "package-0"),
      "sys/class/powercap/intel-rapl:0/constraint_0_max_power_uw": "65000000",
    };

    const energy = await energyAfter(files, { "intel-rapl:0": "400000000" });

    expect(energy).toEqual({ ok: false, reason: expect.stringContaining("plausible") });
  });

  it("is invalid with fewer than two readings", async () => {
    const { meter } = open(zone("intel-rapl:0", "package-0"));

    const energy = totalEnergy((await meter.describe()).rails, [await meter.read()]);

    expect(energy.ok).toBe(false);
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
