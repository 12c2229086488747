import type {
  Calibration,
  KernelMeasurement,
  LatencySummary,
  NetworkMeasurement,
  PlatformIdentity,
  RunSettings,
} from "../../energy-db/records.ts";
import { type Kernel, kernelsOf } from "../../src/network/kernel.ts";
import type { Network } from "../../src/network/network.ts";

export const identity: PlatformIdentity = {
  device: "local",
  processor: "Example CPU",
  runtime: "ort-cpu",
  runtimeVersion: "1.30.0",
  precision: "float32",
  threads: 1,
  powerMode: "unknown",
};

export const runSettings: RunSettings = {
  space: "chain",
  toolVersion: "0.1.0",
  seed: 1,
  startedAt: "2026-01-01T00:00:00Z",
  settings: { targetCi: 0.02 },
};

export const calibration: Calibration = {
  space: "chain",
  overhead_s: 20e-6,
  slope: 1.1,
  designNetworks: 20,
  heldOutNetworks: 5,
  medianError: 0.01,
  p90Error: 0.02,
};

/** An interval of half-width `relative` x the time around it, 40 samples. */
export const latencyOf = (latency_s: number, relative = 0.01): LatencySummary => ({
  latency_s,
  mad_s: relative * latency_s,
  p10_s: latency_s * (1 - relative),
  p90_s: latency_s * (1 + relative),
  low_s: latency_s * (1 - relative),
  high_s: latency_s * (1 + relative),
  samples: 40,
  outliers: 1,
});

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
    measuredAt: "2026-01-01T00:00:01Z",
    latency: latencyOf(calibration.overhead_s + calibration.slope * sum),
    warmUpRuns: 10,
    conditions: { load: 0.1 },
    flags: [],
    samples_s: Float64Array.of(1e-3, 2e-3),
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
  latency: latencyOf(latency_s),
  flags: [],
  samples_s: Float64Array.of(latency_s, latency_s),
  ...options,
});
