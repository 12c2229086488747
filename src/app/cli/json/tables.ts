import { z } from "zod";
import { findingRow, foreignAxis } from "../../service/schemas.ts";

/** What commands on devices and on whole tables print under --json. */

export const probeDocument = z.object({
  rows: z.array(
    z.object({
      device: z.string(),
      kind: z.enum(["runtime", "meter"]),
      name: z.string(),
      works: z.boolean(),
      tried: z.boolean().describe("false where nothing could be asked"),
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

export const deviceDocument = z.object({
  device: z
    .looseObject({ id: z.string(), summary: z.string() })
    .describe("its file, as docs/devices.md describes it"),
});

export const traceDocument = z.object({
  energy_j: z.number(),
  provenance: z.enum(["measured", "derived"]),
  rows: z.array(
    z.object({
      window: z.number(),
      duration_s: z.number(),
      energy_j: z.number(),
      power_w: z.number(),
    }),
  ),
});

export const traceInTableDocument = z.object({
  session: z.number(),
  provenance: z.enum(["measured", "derived"]),
  networks: z.number().describe("whose energy the table has now from this trace"),
  rows: z.array(
    z.object({
      stretch: z.number(),
      offset_s: z
        .number()
        .optional()
        .describe("time of the trace less that of the device; absent where it was not found"),
      drift: z.number().optional().describe("how much faster the trace's clock runs"),
      explained: z
        .number()
        .optional()
        .describe("share of the power's variance that work and rest explain"),
      networks: z.number(),
      amiss: z.array(z.string()),
    }),
  ),
});

export const checkDocument = z.object({
  rows: z.array(
    findingRow.extend({
      device: z.string(),
      threads: z.number().optional(),
      rows: z
        .array(z.union([z.number(), z.string()]))
        .describe("ids of measured rows, keys of imported ones"),
    }),
  ),
});

export const importDocument = z.object({
  tables: z.array(
    z.object({
      device: z.string(),
      format: z.string(),
      dialect: z.string(),
      units: z.record(z.string(), z.string()),
      rows: z.number(),
      refused: z.number().describe("rows left out because nothing can cost what they say"),
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
          axis: foreignAxis,
          step: z.number().optional(),
          curves: z.number(),
          judged: z.number(),
        }),
      ),
    }),
  ),
});

export const mergeDocument = z.object({
  merged: z.array(
    z.object({
      from: z.string(),
      rows: z.array(z.object({ table: z.string(), added: z.number(), known: z.number() })),
      refitted: z.array(z.string()).describe("platforms whose costs were fitted anew"),
    }),
  ),
});

const comparedCost = z.object({
  latency_s: z.number(),
  half_s: z.number().describe("half of the 95 % interval"),
});

export const diffDocument = z.object({
  rows: z.array(
    z.object({
      kind: z.enum(["network", "kernel"]),
      name: z.string(),
      before: comparedCost,
      after: comparedCost,
      change: z.number().describe("after / before - 1"),
      changeLow: z.number(),
      changeHigh: z.number(),
      isSignificant: z.boolean(),
    }),
  ),
});

export const publishDocument = z.object({
  file: z.string(),
  sha256: z.string(),
  bytes: z.number(),
  toolVersion: z.string(),
  platforms: z.array(
    z.object({
      device: z.string(),
      processor: z.string(),
      runtime: z.string(),
      threads: z.number(),
      powerMode: z.string(),
      kernels: z.number(),
      networks: z.number(),
      energy: z.string(),
      error: z.number().optional().describe("median, on networks held out"),
    }),
  ),
  imported: z.array(
    z.object({
      device: z.string(),
      format: z.string(),
      rows: z.number(),
      source: z.string(),
      licence: z.string(),
    }),
  ),
  findings: z.array(z.object({ device: z.string(), check: z.string(), message: z.string() })),
  page: z.string(),
});
