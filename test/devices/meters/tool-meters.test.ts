import { createServer } from "node:http";
import { afterAll, describe, expect, it } from "vitest";
import { type Clock, systemClock } from "../../../devices/clock.ts";
import { filesBelow } from "../../../devices/files.ts";
import { gaugeMemory } from "../../../devices/gauge-memory.ts";
import { findDevice, type Meter } from "../../../devices/index.ts";
import { androidBatteryMeter } from "../../../devices/meters/android-battery.ts";
import {
  androidOdpmMeter,
  OdpmCounters,
  railsOf,
  readOdpm,
} from "../../../devices/meters/android-odpm.ts";
import { ChargeCheck, gaugeConvention } from "../../../devices/meters/battery-gauge.ts";
import { nvidiaSmiMeter } from "../../../devices/meters/nvidia-smi.ts";
import { nvmlMeter } from "../../../devices/meters/nvml.ts";
import type { NvmlCard } from "../../../devices/meters/nvml-library.ts";
import { perfMeter } from "../../../devices/meters/perf.ts";
import { powermetricsMeter } from "../../../devices/meters/powermetrics.ts";
import { railsPower, raspberryPiMeter } from "../../../devices/meters/raspberry-pi.ts";
import { shellyMeter } from "../../../devices/meters/shelly.ts";
import type { Surroundings } from "../../../devices/surroundings.ts";
import { VirtualClock } from "../../profiler/simulated-device/clock.ts";
import { sysfsFixture } from "../sysfs.ts";
import { type FakeTool, fakeTools } from "./fake-tools.ts";
import { meterSuite, readFor, settled } from "./meter-suite.ts";

const never = (): never => {
  throw new Error("absent");
};

type Make = (surroundings: Surroundings) => Meter;
type Tools = Readonly<Record<string, FakeTool>>;

const open = (make: Make, tools: Tools, files: Readonly<Record<string, string>> = {}) => {
  const clock = new VirtualClock();
  const root = sysfsFixture(files);
  return {
    clock,
    meter: make({
      files: filesBelow(root),
      clock,
      transport: fakeTools(tools),
      settings: {},
      folder: root,
    }),
  };
};

/** A real reading of a Raspberry Pi 5 (shared firmware 2024), shortened to three rails and two without current. */
const pmic = `
   3V3_SYS_A current(1)=0.06245952A
   DDR_VDD2_A current(3)=0.00780744A
  VDD_CORE_A current(7)=10.87674000A
   3V3_SYS_V volt(9)=3.30000000V
  DDR_VDD2_V volt(11)=1.10000000V
  VDD_CORE_V volt(15)=0.89745940V
     EXT5V_V volt(24)=5.06788000V
      BATT_V volt(25)=3.01110800V
`;
const odpm = (big: number, tpu: number, delta?: readonly number[]) => `
State residency of "AoC":
============= PowerStats HAL 2.0 energy meter ==============
                           Channel    Cumulative Energy
              [S2M_VDD_CPUCL2]:CPU   ${big.toFixed(2).padStart(14)} mWs${delta ? ` (${String(delta[0]).padStart(14)})` : ""}
             [S10M_VDD_TPU]:Tensor   ${tpu.toFixed(2).padStart(14)} mWs${delta ? ` (${String(delta[1]).padStart(14)})` : ""}
========== End of PowerStats HAL 2.0 energy meter ==========
Energy consumers:  CPU : 99.00 mWs
`;
const plist = (elapsed_ns: number, cpu: number) =>
  `<plist><dict><key>elapsed_ns</key><integer>${elapsed_ns}</integer><key>processor</key><dict><key>cpu_energy</key><integer>${cpu}</integer><key>gpu_energy</key><integer>20</integer></dict></dict></plist>`;
const perfLine = (time: string, joules: string, rail: string) =>
  `     ${time},${joules},Joules,power/energy-${rail}/,1000435200,100.00,,\n`;
const smiLine = (seconds: string, instant: string) =>
  `2026/09/20 10:22:${seconds}, 0, NVIDIA H100, ${instant}, 117.90\n`;
/** The kernel's files of a phone's battery: its gauge shows these numbers by turns. */
const gauge = (...currents: readonly number[]) => {
  let asked = 0;
  return () => `Discharging\n3850000\n${currents[asked++ % currents.length]}\n`;
};
const power = "sys/bus/event_source/devices/power/events";

const cases: readonly (readonly [string, Make, Tools, Readonly<Record<string, string>>?])[] = [
  ["raspberry-pi", raspberryPiMeter, { vcgencmd: { prints: () => pmic } }],
  [
    "nvidia-smi",
    nvidiaSmiMeter,
    {
      "nvidia-smi": {
        prints: () => smiLine("31.123", "118.42"),
        // In a burst: a network kept them waiting.
        streams: [
          smiLine("31.123", "118.42") + smiLine("31.223", "118.5"),
          smiLine("31.325", "[N/A]"),
        ],
      },
    },
  ],
  [
    "perf",
    perfMeter,
    {
      perf: {
        stderr: "3.51,Joules,power/energy-pkg/,1000435200,100.00,,\n",
        streams: [perfLine("0.100123", "3.51", "pkg"), perfLine("0.200310", "3.49", "pkg")],
      },
    },
    { [`${power}/energy-pkg`]: "event=0x02" },
  ],
  [
    "powermetrics",
    powermetricsMeter,
    {
      powermetrics: {
        prints: () => plist(104_510_000, 98),
        streams: [`${plist(104_510_000, 98)}\0`, `${plist(105_000_000, 99)}\0`],
      },
    },
  ],
  ["android-odpm", androidOdpmMeter, { dumpsys: { prints: () => odpm(30203.5, 5578.76, [0, 0]) } }],
  ["android-battery", androidBatteryMeter, { cat: { prints: gauge(-412_000, -398_000) } }],
];
for (const [name, make, tools, files] of cases)
  meterSuite(name, {
    works: () => open(make, tools, files),
    absent: () => open(make, {}),
    vanishes: () => {
      const there = { value: true };
      const gone = Object.fromEntries(
        Object.entries(tools).map(([tool, fake]) => [
          tool,
          { ...fake, prints: () => (there.value ? (fake.prints?.() ?? "") : "") },
        ]),
      );
      const vanish = (): void => {
        there.value = false;
      };
      return { ...open(make, gone, files), vanish };
    },
  });

const card = (energies: readonly (number | undefined)[], throttled = 0x1): NvmlCard => {
  let read = 0;
  return {
    name: "NVIDIA H100",
    energy_mj: () => energies[Math.min(read++, energies.length - 1)],
    power_mw: () => 20_000 + read,
    throttleReasons: () => throttled,
  };
};
const nvml = (energies: readonly (number | undefined)[], throttled?: number) => {
  const clock = new VirtualClock();
  const load = async () => ({ cards: () => [card(energies, throttled)] });
  return { clock, meter: nvmlMeter({ clock }, load) };
};
meterSuite("nvml", {
  works: () => nvml([1000, 1000, 2000, 3000]),
  absent: () => nvml([undefined]),
  vanishes: () => ({ ...nvml([1000, 1000, undefined]), vanish: () => undefined }),
});

describe("an NVIDIA card", () => {
  it("is counted, with the power that its counter is held against beside it", async () => {
    const { meter, clock } = nvml([1000, 2000, 3000]);
    await meter.probe();

    expect((await meter.describe()).rails).toMatchObject([
      { id: "gpu 0", kind: "energy-counter", counted: true },
      { id: "gpu 0 power", kind: "power", counted: false, checks: "gpu 0" },
    ]);
    expect((await readFor(meter, clock, 0)).map(({ rail }) => rail).slice(0, 2)).toEqual([
      "gpu 0",
      "gpu 0 power",
    ]);
  });

  // Bits of nvml.h: idle 0x1, application clocks 0x2, power limit 0x4, temperature 0x20 and 0x40.
  it.each([
    [0x1, []],
    [0x2, []],
    [0x4, [/gpu 0 were held back: power limit \(100 %/]],
    [0x60, [/temperature \(software\) .*temperature \(hardware\)/]],
  ])("says what holds its clocks back: %i", async (mask, said) => {
    const { meter, clock } = nvml([1000, 2000], mask);
    await meter.probe();
    await readFor(meter, clock, 0.5);

    expect(meter.notes?.()).toEqual(said.map((one) => expect.stringMatching(one)));
  });

  it("says the same by nvidia-smi, and is asked without by drivers that do not know the field", async () => {
    const line = (mask: string) => `${smiLine("31.123", "118.42").trim()}, ${mask}\n`;
    const told = open(nvidiaSmiMeter, {
      "nvidia-smi": {
        prints: () => line("0x1"),
        streams: [line("0x4"), line("0x0000000000000001")],
      },
    });
    await told.meter.probe();
    await readFor(told.meter, told.clock, 0.2);
    const asked: (readonly string[])[] = [];
    const old = fakeTools({ "nvidia-smi": { prints: () => smiLine("31.123", "118.42") } });
    const transport = {
      ...old,
      exec: async (argv: readonly string[]) => {
        asked.push(argv);
        return argv.some((word) => word.includes("reasons"))
          ? { code: 2, stdout: "Field is not a valid field to query.", stderr: "" }
          : old.exec(argv);
      },
    };

    expect(told.meter.notes?.()).toEqual([expect.stringContaining("power limit (50 %")]);
    expect(await nvidiaSmiMeter({ transport, clock: told.clock }).probe()).toMatchObject({
      ok: true,
    });
    expect(asked).toHaveLength(2);
  });
});

describe("a Raspberry Pi 5", () => {
  it("sums the rails that have current and voltage, paired by name", () => {
    expect(railsPower(pmic)).toBeCloseTo(
      0.06245952 * 3.3 + 0.00780744 * 1.1 + 10.87674 * 0.8974594,
      9,
    );
  });

  it("derives the board's power, and calls it derived", async () => {
    const { meter, clock } = open(raspberryPiMeter, { vcgencmd: { prints: () => pmic } });
    const samples = await readFor(meter, clock, 0);

    const [rails, board] = samples.map(({ power_w = Number.NaN }) => power_w);
    expect(board).toBeCloseTo(1.1327 * (rails ?? 0) + 0.6444, 9);
    expect((await meter.describe()).quality).toBe("derived");
  });
});

describe("a program that is started for every reading", () => {
  it.each(["raspberry-pi", "android-odpm", "android-battery"])(
    "is not asked back to back: %s",
    async (name) => {
      const [, make, tools] = cases.find(([id]) => id === name) ?? cases[0] ?? never();

      const { fastestReading_s } = await open(make, tools).meter.describe();

      expect(fastestReading_s).toBeGreaterThanOrEqual(0.1);
    },
  );
});

describe("streams of tools", () => {
  it("count up perf's energies of intervals on perf's own clock", async () => {
    const { meter, clock } = open(perfMeter, cases[2]?.[2] ?? {}, cases[2]?.[3]);
    const samples = await readFor(meter, clock, 0.2);

    expect(samples.map(({ energy_j }) => energy_j)).toEqual([3.51, 7]);
    expect((samples[1]?.time_s ?? 0) - (samples[0]?.time_s ?? 0)).toBeCloseTo(0.100187, 9);
  });

  it("take powermetrics' elapsed time, not the one asked for", async () => {
    const { meter, clock } = open(powermetricsMeter, cases[3]?.[2] ?? {});
    const samples = (await readFor(meter, clock, 0.2)).filter(({ rail }) => rail === "cpu_energy");

    expect(samples.map(({ energy_j }) => energy_j)).toEqual([0.098, 0.197]);
    expect((samples[1]?.time_s ?? 0) - (samples[0]?.time_s ?? 0)).toBeCloseTo(0.105, 9);
  });

  it("take a card's readings at its own times, and no average among them", async () => {
    const { meter, clock } = open(nvidiaSmiMeter, cases[1]?.[2] ?? {});
    const samples = await readFor(meter, clock, 0.2);

    expect(samples.map(({ power_w }) => power_w)).toEqual([118.42, 118.5]);
    expect((samples[1]?.time_s ?? 0) - (samples[0]?.time_s ?? 0)).toBeCloseTo(0.1, 6);
  });

  it("take the average where a card has no instantaneous power, and say over which time", async () => {
    const line = smiLine("31.123", "[N/A]");
    const { meter, clock } = open(nvidiaSmiMeter, {
      "nvidia-smi": { prints: () => line, streams: [line] },
    });

    expect((await meter.describe()).rails[0]?.averaging_s).toBe(1);
    expect((await readFor(meter, clock, 0.2)).map(({ power_w }) => power_w)).toEqual([117.9]);
  });
});

describe("the on-device power meter of a Pixel", () => {
  it.each([
    ["new", odpm(30203.5, 5578.76), "S2M_VDD_CPUCL2", "CPU"],
    [
      "old",
      odpm(30203.5, 5578.76).replace("[S2M_VDD_CPUCL2]:CPU", "S2M_VDD_CPUCL2"),
      "S2M_VDD_CPUCL2",
      "",
    ],
  ])("is read in its %s form, and only its own section", (_, text, rail, subsystem) => {
    expect(readOdpm(text)).toEqual([
      { rail, subsystem, total_j: 30.2035, delta_j: undefined },
      { rail: "S10M_VDD_TPU", subsystem: "Tensor", total_j: 5.57876, delta_j: undefined },
    ]);
  });

  it("counts every rail but the screen's", async () => {
    const text = odpm(30203.5, 5578.76).replace(
      "[S10M_VDD_TPU]:Tensor",
      "[VSYS_PWR_DISPLAY]:Display",
    );
    const { meter } = open(androidOdpmMeter, { dumpsys: { prints: () => text } });
    await meter.probe();

    const { rails } = await meter.describe();

    expect(rails.map(({ id, counted }) => [id, counted])).toEqual([
      ["S2M_VDD_CPUCL2", true],
      ["VSYS_PWR_DISPLAY", false],
    ]);
  });

  const reading = (rail: string, subsystem: string) => ({
    rail,
    subsystem,
    total_j: 1,
    delta_j: undefined,
  });
  const phone = [
    reading("S2M_VDD_CPUCL2", "CPU"),
    reading("S10M_VDD_TPU", "Tensor"),
    reading("L2S_VDD_AOC", "AOC"),
  ];

  it("counts the rails that the device's entry counts, with what they measure and include", () => {
    const { rails, caveats } = railsOf(phone, [
      { rail: "S2M_VDD_CPUCL2", measures: "big cores", includes: ["S9M_VDD"] },
      { subsystem: "Tensor", measures: "tensor processor", counted: false },
      { rail: "S1M_VDD_MIF", measures: "memory controller" },
    ]);

    expect(rails.map(({ id, label, counted, includes }) => [id, label, counted, includes])).toEqual(
      [
        ["S2M_VDD_CPUCL2", "S2M_VDD_CPUCL2 (big cores)", true, ["S9M_VDD"]],
        ["S10M_VDD_TPU", "S10M_VDD_TPU (tensor processor)", false, undefined],
        ["L2S_VDD_AOC", "L2S_VDD_AOC (AOC)", false, undefined],
      ],
    );
    expect(caveats).toEqual([expect.stringContaining("S1M_VDD_MIF")]);
  });

  it("counts all but the screen's where the entry knows none of the phone's rails", () => {
    const { rails, caveats } = railsOf(phone, [{ rail: "OTHER", measures: "another phone's" }]);

    expect(rails.every(({ counted }) => counted)).toBe(true);
    expect(caveats).toEqual([expect.stringContaining("none of the rails")]);
  });

  it("is given the entry's rails by the device that it belongs to", async () => {
    const { rails = "unknown" } = findDevice("pixel-6", "/nowhere");
    const meter = androidOdpmMeter({
      clock: new VirtualClock(),
      transport: fakeTools({ dumpsys: { prints: () => odpm(30203.5, 5578.76) } }),
      rails: rails === "unknown" ? undefined : rails,
    });

    expect((await meter.describe()).rails.map(({ label }) => label)).toEqual([
      "S2M_VDD_CPUCL2 (big cores)",
      "S10M_VDD_TPU (tensor processor)",
    ]);
  });

  it("trusts exact differences where totals are coarse, and totals where somebody else asked", () => {
    const counters = new OdpmCounters();
    const at = (total: number, delta: number) => readOdpm(odpm(total, 1, [delta, 0]));
    counters.advance(at(100_000_000, 5), 0);
    const [exact] = counters.advance(at(100_000_016, 12.34), 1);
    const [disturbed] = counters.advance(at(100_001_016, 3), 2);

    expect(exact?.energy_j).toBeCloseTo(0.01234, 9);
    expect(disturbed?.energy_j).toBeCloseTo(0.01234 + 1, 6);
  });
});

describe("a phone's battery gauge", () => {
  it.each([
    ["Mi A1: microamperes, positive", [412_000, 398_000, 450_000], { unit: "uA", sign: 1 }],
    ["P8 Lite: milliamperes, negative", [-412, -398, -450], { unit: "mA", sign: -1 }],
    ["no gauge", [0, 0, 0], undefined],
    ["a number that never moves", [-412, -412, -412], undefined],
  ])("is understood: %s", (_, readings, convention) => {
    expect(gaugeConvention(readings)).toEqual(convention);
  });

  it.each([
    ["is charged", () => "Charging\n3850000\n-412000\n", /not discharging/],
    ["shows one number all the time", gauge(-412_000), /all the time/],
    ["does not know its current", gauge(-(2 ** 31)), /no current/],
  ])("is refused while it %s", async (_, prints, reason) => {
    const { meter } = open(androidBatteryMeter, { cat: { prints } });

    expect(await meter.probe()).toMatchObject({
      ok: false,
      reason: expect.stringMatching(reason),
      remedy: expect.stringContaining("cable"),
    });
  });

  it("gives amperes that flow out of it as positive", async () => {
    const { meter, clock } = open(androidBatteryMeter, { cat: { prints: gauge(-412, -400) } });

    expect((await readFor(meter, clock, 0))[0]).toMatchObject({
      current_a: expect.closeTo(0.4, 1),
      voltage_v: 3.85,
    });
  });

  it("keeps its unit and sign, whatever it shows later", async () => {
    let current = (i: number): number => -400_000 - i;
    let asked = 0;
    const prints = () => `Discharging\n3850000\n${current(asked++)}\n`;
    const { meter, clock } = open(androidBatteryMeter, { cat: { prints } });
    expect(await meter.probe()).toMatchObject({ ok: true, note: expect.stringContaining("uA-") });
    current = () => 9000;

    const [reading] = await readFor(meter, clock, 100);

    expect(reading?.current_a).toBe(-0.009);
  });

  it("has its unit and sign kept for the phone, and confirmed by three minutes of charge", async () => {
    const folder = sysfsFixture({});
    const phoneIs = (current: (i: number) => number, fingerprint = "ab12") => {
      let asked = 0;
      const prints = () => {
        const i = asked++;
        return `Discharging\n3850000\n${current(i)}\n${3_000_000 - 120 * i}\n`;
      };
      const clock = new VirtualClock();
      const meter = androidBatteryMeter({
        clock,
        transport: fakeTools({ cat: { prints } }),
        settings: {},
        gauges: gaugeMemory(async () => fingerprint, folder),
      });
      return { clock, meter };
    };
    const readForLong = async ({ meter, clock }: ReturnType<typeof phoneIs>): Promise<void> => {
      await meter.start({ period_s: 1 });
      for (let i = 0; i < 200; i++) {
        await clock.sleep(1);
        await settled();
      }
      await meter.stop();
    };
    const said = async ({ meter }: { readonly meter: Meter }) => {
      await meter.probe();
      return (await meter.describe()).caveats.find((caveat) => caveat.startsWith("Unit and sign"));
    };
    // 120 uAh a second are 432 mA.
    const first = phoneIs((i) => -432_000 - (i % 7));

    expect(await said(first)).toMatch(/\(uA-\) found from its readings in this session, and kept/);
    // A gauge that shows one number all the time would be refused, were it not known.
    expect(await said(phoneIs(() => -5000))).toMatch(
      /\(uA-\) kept for this phone since 1970[^ ]*\.$/,
    );
    expect(await said(phoneIs((i) => 400 + i, "cd34"))).toMatch(/\(mA\+\) found/);
    await readForLong(first);
    expect(await said(phoneIs(() => -5000))).toMatch(/confirmed by its counter of charge/);
    // Another gauge behind the same fingerprint: what was kept is contradicted, and forgotten.
    const other = phoneIs((i) => 432_000 + i);
    await said(other);
    await readForLong(other);
    expect(await said(phoneIs((i) => 432_000 + i))).toMatch(/\(uA\+\) found/);
  });

  it("is asked of the battery's service by phones that hide its files", async () => {
    let asked = 0;
    const { meter, clock } = open(androidBatteryMeter, {
      dumpsys: {
        prints: () =>
          "Current Battery Service state:\n  status: 3\n  voltage: 4352\n  Charge counter: 3270000\n\n[EventLogBuffer]\n  status: 2\n",
      },
      cmd: { prints: () => `${-300_000 - asked++}\n` },
    });

    expect(await meter.probe()).toMatchObject({ ok: true });
    expect((await readFor(meter, clock, 0))[0]).toMatchObject({
      current_a: expect.closeTo(0.3, 3),
      voltage_v: 4.352,
    });
  });

  it.each([
    ["agree", 1, true],
    ["differ by a thousand", 1000, false],
    ["differ in sign", -1, false],
  ])(
    "is held against the counter of charge over three minutes, where they %s",
    (_, factor, agrees) => {
      const check = new ChargeCheck();
      const answers = Array.from({ length: 400 }, (_unused, time_s) =>
        check.agrees(time_s, factor * 0.4, 10_000 - 1.8 * Math.floor((0.4 * time_s) / 1.8)),
      );

      expect(answers.slice(0, 180).every(Boolean)).toBe(true);
      expect(answers.at(-1)).toBe(agrees);
    },
  );

  it("is not held against a counter of charge that is too coarse", () => {
    const check = new ChargeCheck();
    const answers = Array.from({ length: 400 }, (_, time_s) =>
      check.agrees(time_s, 0.4, time_s > 200 ? 9820 : 10_000),
    );

    expect(answers.every(Boolean)).toBe(true);
  });
});

describe("a Shelly plug", () => {
  let total_wh = 46791.262;
  let perAnswer_wh = 0;
  const server = createServer((request, response) => {
    total_wh += perAnswer_wh;
    const status = { id: 0, apower: 10.7, voltage: 120.7, aenergy: { total: total_wh } };
    response.end(request.url === "/rpc/Switch.GetStatus?id=0" ? JSON.stringify(status) : "");
  });
  afterAll(() => server.close());
  const plug = async (step_wh: number) => {
    perAnswer_wh = step_wh;
    if (!server.listening)
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    const shelly = `127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
    // Nothing here waits for a second: the plug answers at once, and time is what is asked for.
    const virtual = new VirtualClock();
    const clock: Clock = {
      ...systemClock,
      now_s: () => virtual.now_s(),
      sleep: (s) => virtual.sleep(s),
    };
    return shellyMeter({ clock, settings: { shelly } });
  };
  const readings = async (meter: Meter) => {
    await meter.start({ period_s: 1 });
    await meter.stop();
    const found = [];
    for await (const { rail, power_w, energy_j } of meter.samples())
      found.push([rail, power_w ?? energy_j]);
    return found;
  };

  it("counts by its own energy where that ticks", async () => {
    const meter = await plug(0.001);

    expect(await meter.probe()).toEqual({ ok: true, note: "10.7 W now, energy counted" });
    expect((await meter.describe()).rails).toMatchObject([
      { id: "wall energy", kind: "energy-counter", counted: true },
      { id: "wall", kind: "power", counted: false, checks: "wall energy" },
    ]);
    const energies_j = (await readings(meter)).flatMap(([rail, value]) =>
      rail === "wall energy" ? Number(value) : [],
    );
    expect((energies_j[1] ?? 0) - (energies_j[0] ?? 0)).toBeCloseTo(3.6, 3);
  });

  it("is read by its power where its counter stands still, and missed where its address is not known", async () => {
    const meter = await plug(0);

    expect(await meter.probe()).toEqual({ ok: true, note: "10.7 W now, by its power" });
    expect(await readings(meter)).toEqual([
      ["wall", 10.7],
      ["wall", 10.7],
    ]);
    expect(await shellyMeter({ clock: systemClock, settings: {} }).probe()).toMatchObject({
      ok: false,
      remedy: expect.stringContaining('"shelly"'),
    });
  });
});
