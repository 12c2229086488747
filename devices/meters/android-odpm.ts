import type { CatalogueRail } from "../catalog.ts";
import type { Meter, MeterSample, Rail, RailDomain } from "../meter.ts";
import type { Surroundings } from "../surroundings.ts";
import { asked } from "./polled.ts";
import { toolAvailability } from "./tool-availability.ts";

const service = ["dumpsys", "android.hardware.power.stats.IPowerStats/default"];
const maxPower_w = 30;
/** Every reading is a command over adb, s. */
const fastestReading_s = 0.1;

/** One channel: its energy since boot, and since the last who asked, J. */
export interface OdpmReading {
  readonly rail: string;
  readonly subsystem: string;
  readonly total_j: number;
  readonly delta_j: number | undefined;
}

/** The on-device power meter of Pixel phones from the 6 on: counters of energy behind the battery, charging or not. */
export function androidOdpmMeter({
  transport,
  clock,
  rails: known = [],
}: Pick<Surroundings, "transport" | "clock" | "rails">): Meter {
  const readAll = async (...more: readonly string[]) =>
    readOdpm((await transport.exec([...service, ...more], { timeout_s: 10 })).stdout);
  let counters = new OdpmCounters();
  const stream = asked(clock, async () => {
    const sent_s = clock.now_s();
    const readings = await readAll("delta");
    const time_s = (sent_s + clock.now_s()) / 2;
    return counters.advance(readings, time_s);
  });
  return {
    id: "android-odpm",
    probe: () =>
      toolAvailability(transport, service, {
        note: ({ stdout }) => {
          const { rails } = railsOf(readOdpm(stdout), known);
          const counted = rails.filter((rail) => rail.counted);
          return rails.length > 0 ? `${counted.length} of ${rails.length} rails count` : undefined;
        },
        remedy: "Pixel phones from the 6 on have it; others have the meter android-battery",
      }),
    describe: async () => {
      const { rails, caveats } = railsOf(await readAll(), known);
      return {
        id: "android-odpm",
        quality: "measured",
        fastestReading_s,
        rails,
        caveats: [
          "The rails that the maker chose to meter, of the whole phone; there is no rail that holds them all.",
          ...caveats,
        ],
      };
    },
    start: (options) => {
      counters = new OdpmCounters();
      return stream.start(options);
    },
    samples: stream.samples,
    stop: stream.stop,
  };
}

/** Rows of the energy meter's section, old and new: `[S2M_VDD_CPUCL2]:CPU   30203.50 mWs (  12.34)`. */
export function readOdpm(text: string): readonly OdpmReading[] {
  const section = /energy meter =+\n([\s\S]*?)(?:\n=+ End of|$)/.exec(text)?.[1] ?? "";
  return [
    ...section.matchAll(
      /^\s*\[?([^\]\s]+)\]?(?::(\S*))?\s+([\d.]+) mWs(?:\s+\(\s*(-?[\d.]+)\))?/gm,
    ),
  ].map(([, rail = "", subsystem = "", total, delta]) => ({
    rail,
    subsystem,
    total_j: Number(total) / 1e3,
    delta_j: delta === undefined ? undefined : Number(delta) / 1e3,
  }));
}

/**
 * Counters of energy from totals and differences. The totals went through 32-bit floats, in steps of 8 mJ at 100 kJ; the
 * differences are exact, but counted from whoever asked last: where the two disagree somebody else asked, and the totals
 * count.
 */
export class OdpmCounters {
  readonly #last = new Map<string, number>();
  readonly #sums = new Map<string, number>();

  advance(readings: readonly OdpmReading[], time_s: number): readonly MeterSample[] {
    return readings.map(({ rail, total_j, delta_j }) => {
      const before_j = this.#last.get(rail);
      this.#last.set(rail, total_j);
      const rise_j = before_j === undefined ? 0 : riseOf(total_j - before_j, delta_j, total_j);
      const energy_j = (this.#sums.get(rail) ?? 0) + rise_j;
      this.#sums.set(rail, energy_j);
      return { rail, time_s, energy_j };
    });
  }
}

function riseOf(byTotals_j: number, delta_j: number | undefined, total_j: number): number {
  if (delta_j === undefined) return byTotals_j;
  // The text has two decimals of a mWs.
  const step_j = Math.max(2 ** -23 * total_j, 1e-5);
  return Math.abs(byTotals_j - delta_j) <= 2 * step_j ? delta_j : byTotals_j;
}

type Known = readonly CatalogueRail[];

/**
 * The phone's rails, and which of them count: those that the device's entry says do, with what they include. Where the entry
 * knows none of them, all but the screen's.
 */
export function railsOf(
  readings: readonly OdpmReading[],
  known: Known,
): { readonly rails: readonly Rail[]; readonly caveats: readonly string[] } {
  const found = readings.map((reading) => ({ reading, entry: entryOf(reading, known) }));
  const isKnown = found.some(({ entry }) => entry && isCounted(entry));
  const rails = found.map(({ reading: { rail, subsystem }, entry }): Rail => {
    const counts = isKnown ? entry !== undefined && isCounted(entry) : subsystem !== display;
    const what = entry?.measures ?? subsystem;
    return {
      id: rail,
      label: what ? `${rail} (${what})` : rail,
      kind: "energy-counter",
      domain: domainOf(subsystem),
      counted: counts,
      ...(entry?.includes ? { includes: entry.includes } : {}),
      maxPower_w,
    };
  });
  return {
    rails,
    caveats: isKnown ? absentRails(rails, known) : known.length > 0 ? [noneKnown] : [],
  };
}

const noneKnown =
  "This phone has none of the rails that the device's entry counts: all but the screen's are.";

function absentRails(rails: readonly Rail[], known: Known): readonly string[] {
  const named = new Set(rails.map(({ id }) => id));
  const absent = known.flatMap(({ rail }) => (rail === undefined || named.has(rail) ? [] : rail));
  return absent.length > 0
    ? [`Rails that the device's entry names and this phone has not: ${absent.join(", ")}.`]
    : [];
}

const isCounted = ({ counted = true }: CatalogueRail): boolean => counted;

/** By the rail's own name before what it feeds. */
const entryOf = ({ rail, subsystem }: OdpmReading, known: Known): CatalogueRail | undefined =>
  known.find((entry) => entry.rail === rail) ??
  known.find((entry) => entry.rail === undefined && entry.subsystem === subsystem);

/** What the screen takes is no network's. */
const display = "Display";

const domains: Readonly<Record<string, RailDomain>> = {
  CPU: "cpu",
  GPU: "gpu",
  Memory: "dram",
  DDR: "dram",
};
const domainOf = (subsystem: string): RailDomain => domains[subsystem] ?? "other";
