import { mean, sampleStandardDeviation } from "simple-statistics";
import { emptyNodesModel, type NodesRecord, type ScriptStep } from "../devices/index.ts";
import type { SessionInstruments } from "../energy-db/index.ts";
import { studentT95 } from "../energy-db/index.ts";
import { quantile } from "../src/statistics.ts";
import { type SamplingRules, sampleStep } from "./sampling.ts";

/**
 * Recording a node takes time (the clock is read, and the record empties caches), which the node profiler counts to the
 * node: 2 to 5 µs here. A model of nodes that compute nothing shows it, at every place of the log. Measured once per
 * session over several loads: one load tells it to about half a µs.
 */
export type RecordingTime = NonNullable<SessionInstruments["recording"]>;

const loads = 8;
const nodes = 30;
/** Disturbances only lengthen. */
const undisturbed = 0.2;

export const emptyNodes = emptyNodesModel(nodes);

/** Each step is one load of the empty nodes. */
export const recordingSteps = (rules: SamplingRules): readonly ScriptStep[] =>
  Array.from({ length: loads }, () =>
    sampleStep(
      [emptyNodes.name],
      { ...rules, plainPerSample: 0, calmSamples: 8, maxSamples: 16, hurriedSamples: 8 },
      { patience_s: 0, profiled: [emptyNodes.name] },
    ),
  );

/** Undefined where the runtime's log shows no empty node. */
export function recordingTime(records: readonly NodesRecord[]): RecordingTime | undefined {
  const byLoad_s = records
    .map(({ emptyNode_s }) => [...emptyNode_s].filter((time_s) => !Number.isNaN(time_s)))
    .filter((times_s) => times_s.length > 0)
    .map((times_s) => quantile(times_s, undisturbed));
  if (byLoad_s.length < 2) return undefined;
  const time_s = mean(byLoad_s);
  const half_s =
    (studentT95(byLoad_s.length - 1) * sampleStandardDeviation(byLoad_s)) /
    Math.sqrt(byLoad_s.length);
  return { time_s, low_s: time_s - half_s, high_s: time_s + half_s };
}
