import { z } from "zod";
import type { Availability, Meter, Rail } from "../meter.ts";
import type { Surroundings } from "../surroundings.ts";
import { asked } from "./polled.ts";

const statusSchema = z.object({ apower: z.number(), aenergy: z.object({ total: z.number() }) });
const timeout_ms = 3000;
/** A plug measures once a second, s. */
const nominalPeriod_s = 1;
const fastestReading_s = 0.5;

const wall: Rail = {
  id: "wall",
  label: "plug",
  kind: "power",
  domain: "board",
  counted: true,
  maxPower_w: 4000,
  nominalPeriod_s,
};

/** A Shelly plug of the second generation or later, asked over HTTP: all that the plug feeds, about once a second. */
export function shellyMeter({ clock, settings }: Pick<Surroundings, "clock" | "settings">): Meter {
  const { shelly: address } = settings;
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
        return { ok: true, note: `${(await status()).apower} W now` };
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
      rails: [wall],
      caveats: [
        "At the wall, with the power supply's losses, in steps of 0.1 W, about once a second.",
      ],
    }),
    ...asked(clock, async () => {
      const { apower } = await status();
      return [{ rail: wall.id, time_s: clock.now_s(), power_w: apower }];
    }),
  };
}
