import type { Meter } from "../meter.ts";

/** No meter: energy is absent from everything measured with it. */
export const noMeter: Meter = {
  id: "none",
  probe: async () => ({ ok: true, note: "energy stays absent" }),
  describe: async () => ({ id: "none", quality: "none", rails: [], caveats: [] }),
  start: async () => undefined,
  samples: async function* () {},
  stop: async () => undefined,
};
