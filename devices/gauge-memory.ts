import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { devicesFolder } from "./catalog.ts";

const keptSchema = z.object({
  /** Unit and sign of the gauge's current while it is discharged, as "uA-". */
  gauge: z.string().regex(/^(uA|mA)[+-]$/),
  /** ISO 8601. */
  foundAt: z.string(),
  /** Whether the battery's counter of charge confirmed it. */
  isConfirmed: z.boolean(),
});

/** What was found of a phone's battery gauge before: its unit and sign, which cannot be asked for. */
export type KeptGauge = z.infer<typeof keptSchema>;

/** Keeps what is found of one device's gauge for the sessions after this one. */
export interface GaugeMemory {
  recall(): Promise<KeptGauge | undefined>;
  keep(found: KeptGauge): Promise<void>;
  /** What was kept proved wrong. */
  forget(): Promise<void>;
}

/**
 * One file for each device, named by its fingerprint, in the folder `gauges` beside the user's own devices. A device without a
 * fingerprint is not kept; a file that is damaged is as good as none.
 */
export function gaugeMemory(
  fingerprint: () => Promise<string | undefined>,
  folder = devicesFolder(),
): GaugeMemory {
  const path = async (): Promise<string | undefined> => {
    const known = await fingerprint();
    return known && /^[0-9a-f]+$/.test(known) ? join(folder, "gauges", `${known}.json`) : undefined;
  };
  return {
    recall: async () => {
      const file = await path();
      if (file === undefined) return undefined;
      try {
        return keptSchema.parse(JSON.parse(readFileSync(file, "utf8")));
      } catch {
        return undefined;
      }
    },
    keep: async (found) => {
      const file = await path();
      if (file === undefined) return;
      mkdirSync(join(folder, "gauges"), { recursive: true });
      const beside = `${file}.${process.pid}`;
      writeFileSync(beside, `${JSON.stringify(found, undefined, 2)}\n`);
      renameSync(beside, file);
    },
    forget: async () => {
      const file = await path();
      if (file !== undefined) rmSync(file, { force: true });
    },
  };
}
