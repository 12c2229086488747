import { rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { filesBelow } from "../../../devices/files.ts";
import type { Meter, MeterSample } from "../../../devices/index.ts";
import { batteryMeter } from "../../../devices/meters/battery.ts";
import { hwmonMeter } from "../../../devices/meters/hwmon.ts";
import { jetsonMeter } from "../../../devices/meters/jetson.ts";
import { raplMeter } from "../../../devices/meters/rapl.ts";
import type { Surroundings } from "../../../devices/surroundings.ts";
import { VirtualClock } from "../../profiler/simulated-device/clock.ts";
import { sysfsFixture, twoSockets, writeFiles } from "../sysfs.ts";
import { fakeTools } from "./fake-tools.ts";
import { meterSuite, readFor } from "./meter-suite.ts";

type Tree = Readonly<Record<string, string | null>>;
type Make = (surroundings: Surroundings) => Meter;

const open = (make: Make, tree: Tree, settings: Surroundings["settings"] = {}) => {
  const root = sysfsFixture(tree);
  const clock = new VirtualClock();
  const meter = make({
    files: filesBelow(root),
    clock,
    transport: fakeTools({}),
    settings,
    folder: root,
  });
  return { root, clock, meter };
};

const i2c = "sys/bus/i2c/drivers";
const hwmonRail = (
  folder: string,
  k: number,
  label: string,
  mv: string | null,
  ma = "1000",
): Tree => ({
  [`${folder}/in${k}_label`]: label,
  [`${folder}/in${k}_input`]: mv,
  [`${folder}/curr${k}_input`]: ma,
});

const orinNano = `${i2c}/ina3221/1-0040/hwmon/hwmon1`;
const orin: Tree = {
  ...hwmonRail(orinNano, 1, "VDD_IN", "5000", "1200"),
  ...hwmonRail(orinNano, 2, "VDD_CPU_GPU_CV", "5000", "300"),
  ...hwmonRail(orinNano, 3, "VDD_SOC", "5000", "200"),
  // The sum of shunts has a label and no current.
  [`${orinNano}/in7_label`]: "sum of shunt voltages",
};
const nanoFolder = `${i2c}/ina3221x/6-0040/iio:device0`;
/** jetson_stats#131 names the paths. */
const nano: Tree = Object.fromEntries(
  ["POM_5V_IN", "POM_5V_GPU", "POM_5V_CPU"].flatMap((name, k) => [
    [`${nanoFolder}/rail_name_${k}`, name],
    [`${nanoFolder}/in_power${k}_input`, `${2132 - 900 * k}`],
  ]),
);
const ina226: Tree = {
  "sys/class/hwmon/hwmon3/name": "ina226",
  "sys/class/hwmon/hwmon3/power1_input": "4250000",
};
const laptop: Tree = {
  "sys/class/power_supply/AC/type": "Mains",
  "sys/class/power_supply/BAT0/type": "Battery",
  "sys/class/power_supply/BAT0/status": "Discharging",
  "sys/class/power_supply/BAT0/power_now": "12500000",
};

const suites: readonly (readonly [string, Make, Tree])[] = [
  ["rapl", raplMeter, twoSockets],
  ["jetson", jetsonMeter, orin],
  ["jetson (older image)", jetsonMeter, nano],
  ["hwmon", hwmonMeter, ina226],
  ["battery", batteryMeter, laptop],
];
for (const [name, make, tree] of suites)
  meterSuite(name, {
    works: () => open(make, tree),
    absent: () => open(make, {}),
    vanishes: () => {
      const { root, ...opened } = open(make, tree);
      return { ...opened, vanish: () => rmSync(join(root, "sys"), { recursive: true }) };
    },
  });

const readOnce = async (make: Make, tree: Tree, settings: Surroundings["settings"] = {}) => {
  const { meter, clock } = open(make, tree, settings);
  return (await readFor(meter, clock, 0)).slice(0, 1)[0];
};

describe("Jetson's rails", () => {
  it("are the whole board's alone where there is one", async () => {
    const { rails } = await open(jetsonMeter, orin).meter.describe();

    expect(rails.filter(({ counted }) => counted).map(({ id }) => id)).toEqual(["VDD_IN"]);
    expect(rails[0]?.includes).toEqual(["VDD_CPU_GPU_CV", "VDD_SOC"]);
    expect(await readOnce(jetsonMeter, orin)).toMatchObject({ voltage_v: 5, current_a: 1.2 });
  });

  it("are those of AGX Orin that no other feeds, summed", async () => {
    const folders = ["1-0040/hwmon/hwmon1", "1-0041/hwmon/hwmon2"].map(
      (at) => `${i2c}/ina3221/${at}`,
    );
    const agx: Tree = {
      ...hwmonRail(folders[0] ?? "", 1, "VDD_GPU_SOC", "20000"),
      ...hwmonRail(folders[0] ?? "", 2, "VDD_CPU_CV", "20000"),
      ...hwmonRail(folders[0] ?? "", 3, "VIN_SYS_5V0", "5000"),
      ...hwmonRail(folders[1] ?? "", 1, "NC", null),
      ...hwmonRail(folders[1] ?? "", 2, "VDDQ_VDD2_1V8AO", "5000"),
    };
    const { meter } = open(jetsonMeter, agx);

    const counted = (await meter.describe()).rails.filter((rail) => rail.counted);
    expect(counted.map(({ id }) => id)).toEqual(["VDD_GPU_SOC", "VDD_CPU_CV", "VIN_SYS_5V0"]);
    expect(await meter.probe()).toMatchObject({ ok: true });
  });

  it("are not usable while one that counts fails to be read", async () => {
    const broken = { ...orin, ...hwmonRail(orinNano, 1, "VDD_IN", null) };

    expect(await open(jetsonMeter, broken).meter.probe()).toMatchObject({
      ok: false,
      reason: expect.stringContaining("VDD_IN"),
    });
  });
});

describe("power monitors", () => {
  it("are updated as often as their driver tells", async () => {
    const tree = { ...ina226, "sys/class/hwmon/hwmon3/update_interval": "140" };

    const { rails } = await open(hwmonMeter, tree).meter.describe();

    expect(rails[0]?.nominalPeriod_s).toBe(0.14);
  });

  it("are taken by the name of their chip, in watts", async () => {
    expect(await readOnce(hwmonMeter, ina226)).toMatchObject({ power_w: 4.25 });
    const other = {
      "sys/class/hwmon/hwmon0/name": "amdgpu",
      "sys/class/hwmon/hwmon0/power1_input": "1",
    };
    expect(await open(hwmonMeter, other).meter.probe()).toMatchObject({ ok: false });
  });

  it("count by their energy where they have a counter of it", async () => {
    const tree = { ...ina226, "sys/class/hwmon/hwmon3/energy1_input": "7000000" };

    expect(await readOnce(hwmonMeter, tree)).toMatchObject({ energy_j: 7 });
  });

  it("without power are current times voltage, of channels that are connected and no shunts", async () => {
    const folder = "sys/class/hwmon/hwmon2";
    const tree: Tree = {
      [`${folder}/name`]: "ina3221",
      ...hwmonRail(folder, 1, "board", "5000", "1200"),
      ...hwmonRail(folder, 2, "NC", "0", "0"),
      [`${folder}/in4_input`]: "12",
    };

    const { rails } = await open(hwmonMeter, tree).meter.describe();

    expect(rails.map(({ label }) => label)).toEqual(["board"]);
    expect(await readOnce(hwmonMeter, tree)).toMatchObject({ voltage_v: 5, current_a: 1.2 });
  });

  it("are not summed where nobody said which contain others", async () => {
    const two = { ...ina226, "sys/class/hwmon/hwmon3/power2_input": "1000000" };
    const refused = await open(hwmonMeter, two).meter.probe();

    expect(refused).toMatchObject({ ok: false, remedy: expect.stringContaining('"rails"') });
    expect(await open(hwmonMeter, two, { rails: "ina226 power2" }).meter.probe()).toMatchObject({
      ok: true,
      note: "total = ina226 power2",
    });
  });
});

describe("a battery's gauge", () => {
  const bat = "sys/class/power_supply/BAT0";

  it.each([
    ["power", { [`${bat}/power_now`]: "12500000" }, 12.5],
    ["negative power", { [`${bat}/power_now`]: "-12500000" }, 12.5],
    [
      "current and voltage",
      {
        [`${bat}/power_now`]: null,
        [`${bat}/current_now`]: "-1000000",
        [`${bat}/voltage_now`]: "11400000",
      },
      11.4,
    ],
  ])("is read from %s, whatever its sign", async (_, files, power_w) => {
    expect((await readOnce(batteryMeter, { ...laptop, ...files }))?.power_w).toBeCloseTo(
      power_w,
      9,
    );
  });

  it.each([
    ["the battery is charged", { [`${bat}/status`]: "Charging" }, /charger/],
    ["it is not charged and not discharged", { [`${bat}/status`]: "Not charging" }, /charger/],
    ["the gauge says that it does not know", { [`${bat}/power_now`]: "-2147483648" }, /neither/],
    ["its only supply is no battery", { [`${bat}/type`]: "USB" }, /no battery/],
  ])("is refused while %s", async (_, files, reason) => {
    expect(await open(batteryMeter, { ...laptop, ...files }).meter.probe()).toMatchObject({
      ok: false,
      reason: expect.stringMatching(reason),
    });
  });

  /** A machine whose files change while it is probed and read: its counters fall with every look. */
  const discharging = async (
    tree: Tree,
    fall: (look: number) => Readonly<Record<string, string>>,
  ) => {
    const { root, meter, clock } = open(batteryMeter, { ...laptop, ...tree, ...fall(0) });
    let look = 1;
    const stop = clock.every(0.2, () => writeFiles(root, fall(look++)));
    const found = await meter.probe();
    const samples = await readFor(meter, clock, 2);
    stop();
    return { found, samples, rails: (await meter.describe()).rails };
  };
  const drawn = (samples: readonly MeterSample[]): number => {
    const energies_j = samples.flatMap(({ energy_j }) => energy_j ?? []);
    return Math.max(...energies_j) - Math.min(...energies_j);
  };

  it("counts what is left in it where that ticks, with its power beside it", async () => {
    // 5 mWh every 0.2 s: 90 W.
    const { samples, rails } = await discharging({}, (look) => ({
      [`${bat}/energy_now`]: `${50_000_000 - 5000 * look}`,
    }));

    expect(rails.map(({ id, kind, counted, checks }) => [id, kind, counted, checks])).toEqual([
      ["battery", "energy-counter", true, undefined],
      ["battery power", "power", false, "battery"],
    ]);
    expect(drawn(samples)).toBeCloseTo(10 * 5e-3 * 3600, 0);
  });

  it("makes energy of charge at its voltage, and sums the batteries of which one rests", async () => {
    const second = "sys/class/power_supply/BAT1";
    const { samples, rails } = await discharging(
      {
        [`${bat}/power_now`]: null,
        [`${bat}/voltage_now`]: "12000000",
        [`${second}/type`]: "Battery",
        [`${second}/status`]: "Unknown",
        [`${second}/charge_now`]: "2000000",
        [`${second}/voltage_now`]: "11000000",
        "sys/class/power_supply/hidpp/type": "Battery",
        "sys/class/power_supply/hidpp/scope": "Device",
      },
      (look) => ({ [`${bat}/charge_now`]: `${3_000_000 - 100 * look}` }),
    );

    expect(rails.map(({ label }) => label)).toEqual(["BAT0 + BAT1"]);
    expect(drawn(samples)).toBeCloseTo(10 * 1e-4 * 3600 * 12, 1);
  });

  it("adds the power of all that are discharged, where no counter ticks", async () => {
    const { samples } = await discharging(
      {
        [`${bat}/energy_now`]: "50000000",
        "sys/class/power_supply/BAT1/type": "Battery",
        "sys/class/power_supply/BAT1/status": "Discharging",
        "sys/class/power_supply/BAT1/power_now": "7500000",
      },
      () => ({}),
    );

    expect(samples[0]).toMatchObject({ rail: "battery", power_w: 20 });
  });

  it("is refused while one of several batteries is charged", async () => {
    const tree: Tree = {
      ...laptop,
      "sys/class/power_supply/BAT1/type": "Battery",
      "sys/class/power_supply/BAT1/status": "Charging",
    };

    expect(await open(batteryMeter, tree).meter.probe()).toMatchObject({ ok: false });
  });

  it("tells nothing from the moment the charger is put on", async () => {
    const { meter, clock, root } = open(batteryMeter, laptop);
    const samples = await readFor(meter, clock, 1, () =>
      writeFiles(root, { [`${bat}/status`]: "Charging" }),
    );

    expect(Math.max(...samples.map(({ time_s }) => time_s))).toBeLessThanOrEqual(0.5);
  });
});
