import type { ForeignRow } from "./foreign-table.ts";
import type { JsonObject } from "./source-text.ts";
import { fromSi, type LatencyUnit, toSi } from "./units.ts";

/** Mean and variance, the latter in the unit squared, and runs where the file counts them. */
export const readVariance = (
  value: JsonObject,
  number: (field: string) => number,
  unit: LatencyUnit,
): Pick<ForeignRow, "latency_s" | "latency_sd_s" | "samples"> => ({
  latency_s: toSi(number("mean"), unit),
  latency_sd_s: toSi(Math.sqrt(Math.max(0, number("var"))), unit),
  ...("count" in value ? { samples: number("count") } : {}),
});

export const writeVariance = (
  { latency_s, latency_sd_s = 0, samples = 0 }: ForeignRow,
  { counted }: { readonly counted: boolean },
): Record<string, unknown> | undefined =>
  latency_s === undefined
    ? undefined
    : {
        ...(counted ? { count: samples } : {}),
        mean: fromSi(latency_s, "ms"),
        var: fromSi(latency_sd_s, "ms") ** 2,
      };
