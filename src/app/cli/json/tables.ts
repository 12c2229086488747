import { z } from "zod";
import { findingRow } from "../../service/schemas.ts";

/** What commands on devices and on whole tables print under --json. */

export const probeDocument = z.object({
  rows: z.array(
    z.object({
      device: z.string(),
      kind: z.enum(["runtime", "meter"]),
      name: z.string(),
      works: z.boolean(),
      detail: z.string(),
      remedy: z.string(),
    }),
  ),
});

export const devicesDocument = z.object({
  rows: z.array(
    z.object({
      id: z.string(),
      summary: z.string(),
      transport: z.string(),
      address: z.string().optional(),
    }),
  ),
});

export const traceDocument = z.object({
  energy_j: z.number(),
  provenance: z.literal("measured"),
  rows: z.array(
    z.object({
      window: z.number(),
      duration_s: z.number(),
      energy_j: z.number(),
      power_w: z.number(),
    }),
  ),
});

export const checkDocument = z.object({
  rows: z.array(findingRow.extend({ device: z.string(), threads: z.number() })),
});

export const importDocument = z.object({
  tables: z.array(
    z.object({
      device: z.string(),
      format: z.string(),
      dialect: z.string(),
      units: z.record(z.string(), z.string()),
      rows: z.number(),
      isNew: z.boolean(),
      defects: z.array(
        z.object({
          defect: z.string(),
          severity: z.enum(["warning", "error"]),
          message: z.string(),
          rows: z.array(z.string()),
        }),
      ),
      steps: z.array(
        z.object({
          axis: z.enum(["in", "out"]),
          step: z.number(),
          curves: z.number(),
          judged: z.number(),
        }),
      ),
    }),
  ),
});
