import { describe, expect, it } from "vitest";
import { type Files, filesBelow } from "../../../devices/files.ts";
import type { Meter } from "../../../devices/index.ts";
import { integrate } from "../../../devices/index.ts";
import { batteryMeter } from "../../../devices/meters/battery.ts";
import { hwmonMeter } from "../../../devices/meters/hwmon.ts";
import { jetsonMeter } from "../../../devices/meters/jetson.ts";
import { raplMeter } from "../../../devices/meters/rapl.ts";
import type { Surroundings } from "../../../devices/surroundings.ts";
import { VirtualClock } from "../../profiler/simulated-device/clock.ts";
import { sysfsFixture, zone } from "../sysfs.ts";
import { fakeTools } from "./fake-tools.ts";

type Make = (surroundings: Surroundings) => Meter;
type Text = string | undefined;

const makes: readonly (readonly [string, Make])[] = [
  ["rapl", raplMeter],
  ["hwmon", hwmonMeter],
  ["jetson", jetsonMeter],
  ["battery", batteryMeter],
];

const open = (make: Make, files: Files) => {
  const clock = new VirtualClock();
  const surroundings = { files, clock, transport: fakeTools({}), settings: {}, folder: "/" };
  return { clock, meter: make(surroundings) };
};

/** A tree in which one file changes with every reading; undefined is an error such as EIO. */
function changing(
  tree: Readonly<Record<string, string>>,
  path: string,
  texts: readonly Text[],
): Files {
  const files = filesBelow(sysfsFixture(tree));
  let read = 0;
  return {
    ...files,
    readText: (other) =>
      other === path ? texts[Math.min(read++, texts.length - 1)] : files.readText(other),
    whyUnreadable: (other) => (other === path ? undefined : files.whyUnreadable(other)),
  };
}

describe("a folder that cannot be listed", () => {
  it.each(makes)("leaves the meter %s unavailable, with the reason", async (_, make) => {
    const files: Files = {
      readText: () => undefined,
      list: () => [],
      whyUnreadable: () => "EIO",
      whyUnlistable: () => "EIO",
    };

    expect(await open(make, files).meter.probe()).toMatchObject({
      ok: false,
      reason: expect.stringContaining("cannot be listed (EIO)"),
    });
  });

  it.each(makes)("is no crash where a file stands in its place: %s", async (_, make) => {
    const files = filesBelow(
      sysfsFixture({
        "sys/class/powercap": "",
        "sys/class/hwmon": "",
        "sys/bus/i2c/drivers": "",
        "sys/class/power_supply": "",
      }),
    );

    expect(await open(make, files).meter.probe()).toMatchObject({
      ok: false,
      reason: expect.stringContaining("ENOTDIR"),
    });
  });
});

const chip = "sys/class/hwmon/hwmon3";
const jetson = "sys/bus/i2c/drivers/ina3221/1-0040/hwmon/hwmon1";
const counted = "sys/class/powercap/intel-rapl:0/energy_uj";
const powers: readonly (readonly [string, Make, Readonly<Record<string, string>>, string])[] = [
  [
    "hwmon",
    hwmonMeter,
    { [`${chip}/name`]: "ina226", [`${chip}/power1_input`]: "4000000" },
    `${chip}/power1_input`,
  ],
  [
    "jetson",
    jetsonMeter,
    {
      [`${jetson}/in1_label`]: "VDD_IN",
      [`${jetson}/in1_input`]: "5000",
      [`${jetson}/curr1_input`]: "800",
    },
    `${jetson}/curr1_input`,
  ],
];

/** Energy of ten seconds in the middle of twelve, read every 0.1 s. */
async function energyOf(make: Make, files: Files) {
  const { meter, clock } = open(make, files);
  await meter.probe();
  const { rails } = await meter.describe();
  const samples = [];
  await meter.start({ period_s: 0.1 });
  await clock.sleep(12);
  await meter.stop();
  for await (const sample of meter.samples()) samples.push(sample);
  return integrate(rails, samples, { from_s: 1, to_s: 11 });
}

const many = (text: (i: number) => Text): readonly Text[] =>
  Array.from({ length: 400 }, (_, i) => text(i));

describe("readings that fail while something is measured", () => {
  it.each(powers)("for longer leave no energy: %s", async (_, make, tree, path) => {
    const texts = many((i) => (i > 40 && i < 60 ? undefined : `${800 + (i % 3)}`));

    expect(await energyOf(make, changing(tree, path, texts))).toMatchObject({
      ok: false,
      reason: expect.stringContaining("was not read for"),
    });
  });

  it.each(powers)("once do no harm: %s", async (_, make, tree, path) => {
    const texts = many((i) => (i === 40 ? undefined : `${800 + (i % 3)}`));

    expect(await energyOf(make, changing(tree, path, texts))).toMatchObject({ ok: true });
  });

  it.each(powers)(
    "or show the same all the time, leave no energy: %s",
    async (_, make, tree, path) => {
      expect(await energyOf(make, changing(tree, path, ["800"]))).toMatchObject({
        ok: false,
        reason: expect.stringContaining("stale"),
      });
    },
  );

  it("leave RAPL's counter as it is, over a wrap too", async () => {
    const tree = zone("intel-rapl:0", "package-0", { range_uj: "65712999613" }) as Record<
      string,
      string
    >;
    const texts = many((i) =>
      i > 40 && i < 50 ? undefined : `${(65_600_000_000 + 2_000_000 * i) % 65_712_999_613}`,
    );

    expect(await energyOf(raplMeter, changing(tree, counted, texts))).toMatchObject({
      ok: true,
      energy_j: expect.closeTo(200, 6),
    });
  });

  it("and a counter of RAPL that stands still make no energy", async () => {
    const tree = zone("intel-rapl:0", "package-0") as Record<string, string>;

    expect(await energyOf(raplMeter, changing(tree, counted, ["5000000"]))).toMatchObject({
      ok: false,
      reason: expect.stringContaining("stood still"),
    });
  });
});
