import { z } from "zod";
import type { Availability, Meter, Rail } from "../meter.ts";
import type { Surroundings } from "../surroundings.ts";
import { asked } from "./polled.ts";
import { ticks } from "./ticking.ts";

const statusSchema = z.object({ apower: z.number(), aenergy: z.object({ total: z.number() }) });
const timeout_ms = 3000;
const joulesPerWattHour = 3600;
/** A plug measures once a second, s. */
const nominalPeriod_s = 1;
const fastestReading_s = 0.5;

const shared = { label: "plug", domain: "board", maxPower_w: 4000 } as const;
const power: Rail = { ...shared, id: "wall", kind: "power", counted: true, nominalPeriod_s };
const counter: Rail = { ...shared, id: "wall energy", kind: "energy-counter", counted: true };

/**
 * A Shelly plug of the second generation or later, asked over HTTP: all that the plug feeds. Its counter of energy, in
 * steps of a thousandth of a watt-hour, where that ticks; its power, once a second, beside it or in its place.
 */
export function shellyMeter({ clock, settings }: Pick<Surroundings, "clock" | "settings">): Meter {
  const { shelly: address } = settings;
  let counts = false;
  const status = async () => {
    const response = await fetch(`http://${address}/rpc/Switch.GetStatus?id=0`, {
      signal: AbortSignal.timeout(timeout_ms),
    });
    return statusSchema.parse(await response.json());
  };
  return {
    id: "shelly",
    probe: async (): Promise<Availability> => {
      if (!address)
        return {
          ok: false,
          reason: "the address of the plug is not known",
          remedy: 'Write it into the device\'s file: "settings": { "shelly": "192.168.1.50" }',
        };
      try {
        const { apower } = await status();
        counts = await ticks(clock, fastestReading_s, async () => (await status()).aenergy.total);
        return { ok: true, note: `${apower} W now, ${counts ? "energy counted" : "by its power"}` };
      } catch (error) {
        return {
          ok: false,
          reason: `no plug answers at ${address}: ${error instanceof Error ? error.message : error}`,
          remedy:
            "Look at its address in the Shelly app; its first generation speaks another language",
        };
      }
    },
    describe: async () => ({
      id: "shelly",
      quality: "measured",
      fastestReading_s,
      rails: counts ? [counter, { ...power, counted: false, checks: counter.id }] : [power],
      caveats: [
        "At the wall, with the power supply's losses; power in steps of 0.1 W, about once a second.",
        counts
          ? "Energy by the plug's own counter, in steps of 0.001 Wh."
          : "Energy from its power: its counter did not tick within four seconds.",
      ],
    }),
    ...asked(clock, async () => {
      const { apower, aenergy } = await status();
      const time_s = clock.now_s();
      return [
        { rail: power.id, time_s, power_w: apower },
        ...(counts
          ? [{ rail: counter.id, time_s, energy_j: joulesPerWattHour * aenergy.total }]
          : []),
      ];
    }),
  };
}
