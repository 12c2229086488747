import { describe, expect, it } from "vitest";
import type { Meter, MeterSample } from "../../../devices/index.ts";
import type { VirtualClock } from "../../profiler/simulated-device/clock.ts";

export interface MeterCase {
  readonly clock: VirtualClock;
  readonly meter: Meter;
}

/** What every meter does, on hardware that is there, that is not, and that goes away while it is read. */
export function meterSuite(
  name: string,
  {
    works,
    absent,
    vanishes,
  }: {
    readonly works: () => MeterCase;
    readonly absent: () => MeterCase;
    /** A meter that works and how its sensor disappears. */
    readonly vanishes: () => MeterCase & { readonly vanish: () => void };
  },
): void {
  describe(`the meter ${name}`, () => {
    it("works, and says what it sums", async () => {
      const { meter } = works();

      expect(await meter.probe()).toMatchObject({ ok: true });
      const { id, quality, rails } = await meter.describe();
      expect(id).toBe(meter.id);
      expect(["measured", "derived"]).toContain(quality);
      expect(new Set(rails.map((rail) => rail.id)).size).toBe(rails.length);
      expect(rails.some(({ counted }) => counted)).toBe(true);
    });

    it("knows how often the sensors of power are updated, so that stale ones are told", async () => {
      const { meter } = works();
      await meter.probe();
      const { rails } = await meter.describe();
      const powers = rails.filter(({ kind }) => kind === "power" || kind === "current-voltage");

      for (const { nominalPeriod_s } of powers) expect(nominalPeriod_s).toBeGreaterThan(0);
    });

    it("counts no rail together with one that contains it", async () => {
      const { meter } = works();
      await meter.probe();
      const counted = (await meter.describe()).rails.filter((rail) => rail.counted);
      const inside = counted.flatMap(({ includes = [] }) => includes);

      expect(counted.filter(({ id }) => inside.includes(id))).toEqual([]);
    });

    it("gives readings of every rail it counts, in order of time", async () => {
      const { meter, clock } = works();
      await meter.probe();
      const { rails } = await meter.describe();
      const samples = await readFor(meter, clock, 0.5);

      for (const { id } of rails.filter(({ counted }) => counted)) {
        const times_s = samples.filter(({ rail }) => rail === id).map(({ time_s }) => time_s);
        expect(times_s.length).toBeGreaterThan(1);
        expect(times_s).toEqual(times_s.toSorted((a, b) => a - b));
      }
      expect(samples.filter(({ rail }) => !rails.some(({ id }) => id === rail))).toEqual([]);
    });

    it("says why it does not work and what to do, where there is nothing to read", async () => {
      expect(await absent().meter.probe()).toEqual({
        ok: false,
        reason: expect.stringMatching(/.{10}/),
        remedy: expect.stringMatching(/.{10}/),
      });
    });

    it("invents nothing when its sensor vanishes while it is read", async () => {
      const { meter, clock, vanish } = vanishes();
      await meter.probe();
      const samples = await readFor(meter, clock, 0.5, vanish);

      for (const sample of samples)
        for (const value of Object.values(sample))
          if (typeof value === "number") expect(Number.isFinite(value)).toBe(true);
    });
  });
}

/** Readings of a while; something may happen in its middle. */
export async function readFor(
  meter: Meter,
  clock: VirtualClock,
  duration_s: number,
  middle = (): void => undefined,
): Promise<readonly MeterSample[]> {
  const samples: MeterSample[] = [];
  await meter.start({ period_s: 0.1 });
  await clock.sleep(duration_s / 2);
  await settled();
  middle();
  await clock.sleep(duration_s / 2);
  await settled();
  await meter.stop();
  for await (const sample of meter.samples()) samples.push(sample);
  return samples;
}

/** Whatever was asked meanwhile has answered. */
export const settled = async (): Promise<void> => {
  for (let i = 0; i < 10; i++) await Promise.resolve();
};
