import type { NodesRecord } from "../devices/index.ts";
import type { KernelMeasurement, QualityFlag } from "../energy-db/index.ts";
import { type Kernel, kernelsOf } from "../src/network/kernel.ts";
import type { Network } from "../src/network/network.ts";
import type { Random } from "../src/random.ts";
import { hasManyOutliers, quantileEstimate } from "./intervals.ts";
import type { LoadSample } from "./load-analysis.ts";
import type { RecordingTime } from "./recording.ts";

/**
 * What the node profiler can tell apart, s: its clock steps by a µs, and where a node stands in the log changes what
 * recording takes by about as much. Times below are kept as they are and say so.
 */
export const nodeResolution_s = 1e-6;

/**
 * Kernel times of one load: the median over calm samples of each sample's fastest profiled batch, less the recording
 * time of the layer's nodes, whose uncertainty is part of the interval. A layer without a node of its own, as an addition that
 * the runtime has made part of a convolution, has no time of its own either: whole networks tell what it costs.
 */
export function kernelTimes(
  network: Network,
  batch: number,
  record: NodesRecord,
  calm: readonly LoadSample[],
  recording: RecordingTime | undefined,
  random: Random,
): readonly KernelMeasurement[] {
  const kernels = new Map(
    kernelsOf(network, { batch }).map(({ layer, kernel }) => [layer, kernel]),
  );
  return record.layers.flatMap((layer, at) => {
    const kernel = kernels.get(layer);
    if (!kernel) throw new Error(`The runtime reports layer "${layer}", which the network lacks`);
    return record.nodes[at] === 0
      ? []
      : [kernelTime(layer, kernel, record, at, calm, recording, random)];
  });
}

function kernelTime(
  layer: string,
  kernel: Kernel,
  { layers, nodes, times_s }: NodesRecord,
  at: number,
  calm: readonly LoadSample[],
  recording: RecordingTime = { time_s: 0, low_s: 0, high_s: 0 },
  random: Random,
): KernelMeasurement {
  const count = nodes[at] ?? 0;
  const samples_s = times_s.filter((_, i) => i % layers.length === at);
  const fastest_s = calm.flatMap(({ profiled }) =>
    profiled === undefined ? [] : (samples_s[profiled] ?? []),
  );
  const unsubtracted = quantileEstimate(fastest_s, 0.5, random);
  const latency_s = unsubtracted.latency_s - count * recording.time_s;
  const half_s = Math.hypot(
    (unsubtracted.high_s - unsubtracted.low_s) / 2,
    (count * (recording.high_s - recording.low_s)) / 2,
  );
  const flags: Readonly<Partial<Record<QualityFlag, boolean>>> = {
    "below-resolution": latency_s < nodeResolution_s,
    outliers: hasManyOutliers(fastest_s),
  };
  return {
    layer,
    kernel,
    provenance: "measured",
    latency: { latency_s, low_s: latency_s - half_s, high_s: latency_s + half_s },
    unsubtracted_s: unsubtracted.latency_s,
    nodes: count,
    samples: fastest_s.length,
    flags: (["below-resolution", "outliers"] as const).filter((flag) => flags[flag]),
    samples_s,
  };
}
