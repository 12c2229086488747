import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { systemClock } from "../../../devices/clock.ts";
import { ppk2Meter } from "../../../devices/meters/ppk2.ts";
import {
  currentOf,
  missingBetween,
  readCalibration,
  SpikeFilter,
} from "../../../devices/meters/ppk2-protocol.ts";
import { Ppk2Samples } from "../../../devices/meters/ppk2-samples.ts";
import type { OpenSerialLine } from "../../../devices/serial-line.ts";

/** Numbers of a kit, as it sends them: R is its shunts, GI and GS its gains, O the offset of its converter. */
const metadata = `Calibrated: 1
R0: 1003.3506
R1: 101.5865
R2: 10.3027
R3: 0.9636
R4: 0.0564
GS0: 0.0000
GS1: 112.7890
GS2: 18.0115
GS3: 2.6102
GS4: 0.1000
GI0: 1.0000
GI1: 0.9695
GI2: 0.9609
GI3: 0.9658
GI4: 0.9600
O0: 112.9420
O1: 75.4627
O2: 64.6028
O3: 50.4983
O4: 85.1486
HW: 9173
UG0: 1.00
END`;
const calibration = readCalibration(metadata);

/** A sample as its 32 bits. */
const word = (converter: number, range: number, number: number): number =>
  ((converter & 0x3fff) | (range << 14) | ((number & 63) << 18)) >>> 0;
const bytesOf = (words: readonly number[]): Buffer => {
  const bytes = Buffer.alloc(4 * words.length);
  for (const [i, one] of words.entries()) bytes.writeUInt32LE(one, 4 * i);
  return bytes;
};
/** Samples of one converter reading, numbered from `first`. */
const samples = (count: number, first = 0, converter = 2000, range = 3): Buffer =>
  bytesOf(Array.from({ length: count }, (_, i) => word(converter, range, first + i)));

const steady_a = currentOf({ converter: 2000, range: 3 }, calibration, 3.3);
const reading = { calibration, voltage_v: 3.3, period_s: 1e-3, rail: "supply" };

describe("a sample of the Power Profiler Kit", () => {
  it("is a current by the kit's own calibration", () => {
    // (4 x 2000 - 50.4983) x 1.8 / 163840 / 0.9636 = 90.635 mA raw; x (2.6102 x raw + 0.9658).
    const raw = ((8000 - 50.4983) * 1.8) / 163840 / 0.9636;

    expect(raw).toBeCloseTo(0.090635, 6);
    expect(steady_a).toBeCloseTo(raw * (2.6102 * raw + 0.9658), 12);
  });

  it("is one of a kit without calibration where a number is missing", () => {
    expect(readCalibration("Calibrated: 0\nR1: -nan\nEND").r).toEqual([
      1031.64, 101.65, 10.15, 0.94, 0.043,
    ]);
  });

  it("is known to be missing by a counter of six bits", () => {
    fc.assert(
      fc.property(fc.nat(63), fc.nat(62), (before, lost) => {
        expect(missingBetween(before, (before + 1 + lost) & 63)).toBe(lost);
      }),
    );
  });

  it("is smoothed for three samples after a change of range, and no longer", () => {
    const filter = new SpikeFilter();
    const shown = [1, 1, 1, 9, 9, 9, 9].map((current_a, i) =>
      filter.filter(current_a, i < 3 ? 1 : 2),
    );

    expect(shown.slice(0, 3)).toEqual([1, 1, 1]);
    expect(shown[3]).toBeCloseTo(0.18 * 9 + 0.82, 9);
    expect(shown[6]).toBe(9);
  });
});

describe("readings of the Power Profiler Kit", () => {
  it("are the mean current of their time, however the bytes are cut", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 900 }), { maxLength: 20 }), (cuts) => {
        const bytes = samples(1000);
        const reader = new Ppk2Samples(reading);
        const ends = [...new Set([...cuts.map((cut) => 4 * cut + 1), bytes.length])].toSorted(
          (a, b) => a - b,
        );
        const found = ends.flatMap((end, i) =>
          reader.add(bytes.subarray(ends[i - 1] ?? 0, end), end / 4e5),
        );

        expect(found).toHaveLength(9);
        for (const { current_a, voltage_v } of found) {
          expect(current_a).toBeCloseTo(steady_a, 12);
          expect(voltage_v).toBe(3.3);
        }
        const times_s = found.map(({ time_s }) => time_s);
        expect((times_s[8] ?? 0) - (times_s[0] ?? 0)).toBeCloseTo(8e-3, 5);
      }),
      { numRuns: 20 },
    );
  });

  it("stand where their samples were numbered, after some were lost", () => {
    const reader = new Ppk2Samples(reading);
    // 45 samples are missing in the second millisecond, 60 in the fourth, which keeps 40 of its hundred.
    const bytes = Buffer.concat([samples(130), samples(150, 175), samples(216, 385)]);

    const found = reader.add(bytes, 0.01);

    const from_s = found[0]?.time_s ?? 0;
    expect(found.map(({ time_s }) => Math.round((time_s - from_s) * 1e3))).toEqual([0, 1, 2, 4, 5]);
  });
});

/** Opens a pseudo-terminal, says its name, and passes on what is written to it, and to this program. */
const relay = `
import os, pty, select, sys, tty
kit, port = pty.openpty()
tty.setraw(port)
print(os.ttyname(port), file=sys.stderr, flush=True)
while True:
    ready, _, _ = select.select([kit, 0], [], [])
    for source, target in ((kit, 1), (0, kit)):
        if source in ready:
            data = os.read(source, 65536)
            if not data: sys.exit()
            os.write(target, data)
`;

/** A kit behind a pseudo-terminal: it answers what Nordic's does, and notes what it was told. */
async function fakeKit() {
  const python = spawn("python3", ["-c", relay]);
  afterAll(() => python.kill());
  const told: number[][] = [];
  let number = 0;
  python.stdout.on("data", (chunk: Buffer) => {
    // Commands come whole: each is written and drained before the next.
    told.push([...chunk]);
    if (chunk.includes(0x19)) python.stdin.write(metadata);
    if (chunk.at(-1) !== 0x06) return;
    python.stdin.write(samples(2500, number));
    number += 2500;
  });
  const [name] = (await once(createInterface({ input: python.stderr }), "line")) as [string];
  return { port: name, told };
}

describe("the meter ppk2", () => {
  const settingsOf = (port: string) => ({ ppk2: port, "ppk2-voltage": "3.3" });

  it("measures through a serial port, and tells the kit how it is connected", async () => {
    const { port, told } = await fakeKit();
    const meter = ppk2Meter({ clock: systemClock, settings: settingsOf(port) });

    expect(await meter.probe()).toEqual({ ok: true, note: "3.3 V, as ampere meter" });
    await meter.start({ period_s: 1e-2 });
    await meter.stop();
    const found = [];
    for await (const sample of meter.samples()) found.push(sample);

    expect(found.length).toBeGreaterThan(0);
    for (const { current_a } of found) expect(current_a).toBeCloseTo(steady_a, 12);
    await expect
      .poll(() => told.flat())
      .toEqual([7, 0x19, 7, 0x19, 0x11, 1, 0x0d, 3300 >> 8, 3300 & 255, 0x0c, 1, 6, 7]);
    expect((await meter.describe()).quality).toBe("derived");
  });

  it.each([
    [{}, /port .* is not known/],
    [{ ppk2: "/dev/ttyACM0" }, /no voltage/],
    [{ ppk2: "/dev/ttyACM0", "ppk2-voltage": "33" }, /no voltage/],
    [{ ppk2: "/dev/ttyACM0", "ppk2-voltage": "3.3", "ppk2-mode": "both" }, /ampere or source/],
    [settingsOf("/dev/no-such-port"), /cannot be opened/],
  ])("is refused with %j", async (settings, reason) => {
    expect(await ppk2Meter({ clock: systemClock, settings }).probe()).toEqual({
      ok: false,
      reason: expect.stringMatching(reason),
      remedy: expect.stringMatching(/--setting ppk2|Plug it in/),
    });
  });

  it("is refused where something else is plugged in", async () => {
    const silent: OpenSerialLine = async () => ({
      write: async () => undefined,
      onData: () => undefined,
      close: async () => undefined,
    });
    const clock = { ...systemClock, sleep: async () => undefined };

    expect(
      await ppk2Meter({ clock, settings: settingsOf("/dev/tty") }, silent).probe(),
    ).toMatchObject({ ok: false, reason: expect.stringContaining("does not answer") });
  });
});
