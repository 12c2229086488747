import type {
  BatchLog,
  KernelMeasurement,
  LatencyEstimate,
  NetworkLatency,
  NetworkMeasurement,
  PlatformIdentity,
  SessionSettings,
} from "../../energy-db/records.ts";
import { type Kernel, kernelsOf } from "../../src/network/kernel.ts";
import type { Network } from "../../src/network/network.ts";

export const identity: PlatformIdentity = {
  device: "local",
  processor: "Example CPU",
  fingerprint: "0123456789abcdef",
  os: "Debian GNU/Linux 12 x64",
  runtime: "ort-cpu",
  runtimeVersion: "1.30.0",
  runtimeBuild: "unknown",
  precision: "float32",
  threads: 1,
  powerMode: "unknown",
};

export const sessionSettings: SessionSettings = {
  kind: "profile",
  protocol: 2,
  space: "chain",
  toolVersion: "0.1.0",
  seed: 1,
  startedAt: "2026-01-01T00:00:00Z",
  settings: { targetCi: 0.02 },
};

/** What a call costs here beyond its kernels, s. */
export const call_s = 20e-6;

/** An interval of half-width `relative` x the time around it. */
export const estimateOf = (latency_s: number, relative = 0.01): LatencyEstimate => ({
  latency_s,
  low_s: latency_s * (1 - relative),
  high_s: latency_s * (1 + relative),
});

/** A floor of this time from 40 samples, and what users meet: a tenth more. */
export const latencyOf = (floor_s: number): NetworkLatency => ({
  floor: estimateOf(floor_s),
  typical: estimateOf(1.1 * floor_s),
  p90_s: 1.2 * floor_s,
  samples: 40,
});

/** A plain batch and a profiled one, the second disturbed. */
export const batches: BatchLog = {
  start_s: Float64Array.of(0.5, 0.502),
  latency_s: Float64Array.of(1e-3, 2e-3),
  runs: Uint32Array.of(2, 70_000),
  kind: Uint8Array.of(0, 1),
  slowdown: Float64Array.of(1.01, 1.5),
  calm: Uint8Array.of(1, 0),
};

/** Two 1x1 convolutions with ReLU on an 8x8x3 image; widths are the arguments. */
export const chain = (first: number, second: number): Network => ({
  name: "chain",
  input: { height: 8, width: 8, channels: 3 },
  layers: [first, second].map((width, i) => ({
    kind: "conv2d",
    name: `conv${i + 1}`,
    width,
    kernelSize: 1,
    stride: 1,
    padding: "same",
    bias: true,
    batchNorm: false,
    activation: "relu",
  })),
});

/** A network measurement whose kernels take `cost` seconds each. */
export function measuredNetwork(
  network: Network,
  cost: (kernel: Kernel) => number,
  options: Partial<NetworkMeasurement> = {},
): NetworkMeasurement {
  const kernels = kernelsOf(network).map(({ layer, kernel }) =>
    measuredKernel(kernel, cost(kernel), { layer }),
  );
  const sum = kernels.reduce((total, { latency }) => total + latency.latency_s, 0);
  return {
    network,
    role: "design",
    batch: 1,
    position: 0,
    block: 0,
    load: 0,
    attempt: 0,
    measuredAt: "2026-01-01T00:00:01Z",
    provenance: "measured",
    latency: latencyOf(call_s + sum),
    warmUpRuns: 10,
    conditions: { load: 0.1 },
    flags: [],
    batches,
    kernels,
    ...options,
  };
}

export const measuredKernel = (
  kernel: Kernel,
  latency_s: number,
  options: Partial<KernelMeasurement> = {},
): KernelMeasurement => ({
  layer: "conv",
  kernel,
  provenance: "measured",
  latency: estimateOf(latency_s),
  unsubtracted_s: latency_s + 2e-6,
  nodes: 1,
  samples: 40,
  flags: [],
  samples_s: Float64Array.of(latency_s, latency_s),
  ...options,
});
