import type { Meter } from "../meter.ts";
import { traceRail } from "../traces/trace.ts";

/** Nothing is read here: an instrument in the supply line records, and `devices trace FILE --db` makes energies of that. */
export const traceMeter = (): Meter => ({
  id: traceMeterId,
  probe: async () => ({
    ok: true,
    note: "record with an instrument meanwhile; then: wattsplit devices trace FILE --db TABLE",
  }),
  describe: async () => ({
    id: traceMeterId,
    quality: "measured",
    rails: [traceRail("power")],
    caveats: ["Recorded by an instrument beside the device, and laid over the windows afterwards."],
    isRecordedApart: true,
  }),
  start: async () => undefined,
  samples: async function* () {
    // What there is to read is in the instrument.
  },
  stop: async () => undefined,
});

export const traceMeterId = "trace";
