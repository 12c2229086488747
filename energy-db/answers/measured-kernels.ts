import { type Kernel, kernelFamily, kernelKey } from "../../src/network/kernel.ts";
import { median } from "../../src/statistics.ts";
import { groupBy } from "../group-by.ts";
import type { StoredKernelMeasurement } from "../read-kernels.ts";
import type { QualityFlag, RowProvenance } from "../records.ts";

/** Everything measured of one kernel, drawn together as it stands in the table: nothing is smoothed. */
export interface MeasuredKernel {
  readonly kernel: Kernel;
  readonly key: string;
  readonly family: string;
  readonly provenance: RowProvenance;
  /** Median over its rows. */
  readonly latency_s: number;
  /** Smallest and largest interval end of half of the rows: their medians. Absent where no row has an interval. */
  readonly low_s?: number;
  readonly high_s?: number;
  readonly observations: number;
  readonly flags: readonly QualityFlag[];
  /** Ids of the measurement rows. */
  readonly rows: readonly number[];
}

/** Rows by kernel, in order of widths. Times at or below zero were lost in the profiler's resolution: they are no cost. */
export function drawTogether(rows: readonly StoredKernelMeasurement[]): readonly MeasuredKernel[] {
  const usable = rows.filter(
    ({ latency, flags }) => latency.latency_s > 0 && !flags.includes("superseded"),
  );
  return [...groupBy(usable, ({ kernel }) => kernelKey(kernel))]
    .flatMap(([key, group]) => {
      const [first] = group;
      if (!first) return [];
      const ends = (end: "low_s" | "high_s") => group.flatMap(({ latency }) => latency[end] ?? []);
      const [lows, highs] = [ends("low_s"), ends("high_s")];
      return [
        {
          kernel: first.kernel,
          key,
          family: kernelFamily(first.kernel),
          provenance: first.provenance,
          latency_s: median(group.map(({ latency }) => latency.latency_s)),
          ...(lows.length > 0 && highs.length > 0
            ? { low_s: median(lows), high_s: median(highs) }
            : {}),
          observations: group.length,
          flags: [...new Set(group.flatMap(({ flags }) => flags))].sort(),
          rows: group.map(({ id }) => id),
        },
      ];
    })
    .sort(
      ({ kernel: a }, { kernel: b }) =>
        a.inChannels - b.inChannels || a.outChannels - b.outChannels,
    );
}
