import { z } from "zod";
import { growingWidths } from "../../search/index.ts";
import { runVerify } from "../../src/app/workflows/verify-run.ts";
import { networkMacs, networkParameters } from "../../src/network/costs.ts";
import type { Network } from "../../src/network/network.ts";
import type { Laboratory } from "../laboratory.ts";

/** A network by the widths of its growing groups, and what the device took for it. */
export const measuredSchema = z.object({
  label: z.string(),
  /** Of the growing groups, in network order. */
  widths: z.array(z.number()),
  macs: z.number(),
  parameters: z.number(),
  predicted_s: z.number(),
  /** Floor over several loads, with its 95 % interval. */
  measured: z.object({ latency_s: z.number(), low_s: z.number(), high_s: z.number() }),
  loads: z.number(),
  flags: z.array(z.string()),
});
/** Networks measured in one session. */
export const measuredTogetherSchema = z.array(measuredSchema);
export type Measured = z.infer<typeof measuredSchema>;

/**
 * Measures networks of a space, or of several whose names stand with the networks, in one session, interleaved, as `verify` does; the
 * rows go into the laboratory's table.
 */
export async function measureTogether(
  laboratory: Laboratory,
  space: string,
  networks: readonly {
    readonly label: string;
    readonly network: Network;
    readonly space?: string;
  }[],
): Promise<readonly Measured[]> {
  const records = await runVerify(
    {
      context: laboratory.context,
      db: laboratory.db,
      device: "local",
      runtime: "ort-cpu",
      meter: "none",
      threads: 1,
      space,
      seed: 0,
    },
    networks,
  );
  return networks.map(({ label, network }, i) => {
    const record = records[i];
    if (!record) throw new Error(`${label} was not measured`);
    const { predicted_s, measured, loads, flags } = record;
    return {
      label,
      widths: [...growingWidths(network).values()],
      macs: networkMacs(network),
      parameters: networkParameters(network),
      predicted_s,
      measured,
      loads,
      flags,
    };
  });
}
