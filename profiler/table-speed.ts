import type {
  BatchLog,
  EnergyTable,
  LatencyEstimate,
  NetworkMeasurement,
} from "../energy-db/index.ts";
import { median } from "../src/statistics.ts";
import { measuringProtocol } from "./measuring.ts";
import { samplingRules } from "./sampling.ts";

/**
 * How much slower than at its fastest the canary was around the samples that a load's floor rests on: the calm ones, or the
 * calmest where those were too few. Calm moments are up to 6 % slower, and networks feel that too.
 */
export function floorSlowdown(
  { slowdown, kind, calm }: Pick<BatchLog, "slowdown" | "kind" | "calm">,
  { fewestCalm, plainPerSample } = samplingRules,
): number {
  const isPlain = (_: number, i: number): boolean => kind[i] === 0;
  const plain = [...slowdown].filter(isPlain).sort((a, b) => a - b);
  const calmCount = [...calm].filter(isPlain).filter((one) => one === 1).length;
  return median(plain.slice(0, Math.max(calmCount, fewestCalm * plainPerSample)));
}

/** The same for the rows that the costs of a space were made from: the speed they stand for. Undefined without such rows. */
export function tableSlowdown(
  table: EnergyTable,
  platformId: number,
  space: string,
): number | undefined {
  const slowdowns = table
    .networkMeasurements(platformId, { role: "design", space, protocol: measuringProtocol })
    .filter(({ flags }) => !flags.includes("drift"))
    .flatMap(({ id }) => {
      const batches = table.batches(id);
      return batches ? [floorSlowdown(batches)] : [];
    });
  return slowdowns.length > 0 ? median(slowdowns) : undefined;
}

/** A load with its floor at the speed of a table: as much faster as the canary would have been. */
export function atTableSpeed(row: NetworkMeasurement, tableSlowdown: number): NetworkMeasurement {
  const factor = tableSlowdown / floorSlowdown(row.batches);
  const { floor } = row.latency;
  const scaled: LatencyEstimate = {
    latency_s: factor * floor.latency_s,
    low_s: factor * floor.low_s,
    high_s: factor * floor.high_s,
  };
  return { ...row, latency: { ...row.latency, floor: scaled } };
}
