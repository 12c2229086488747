import type { MachineState } from "../../../devices/index.ts";
import { kernelMacs } from "../../../src/network/costs.ts";
import { type Kernel, kernelsOf } from "../../../src/network/kernel.ts";
import type { Network } from "../../../src/network/network.ts";

/** What a simulated machine is made of. All of it is known, so that every estimate can be held against the truth. */
export interface Physics {
  readonly seed: number;
  /** Time of a kernel on an undisturbed machine, s. */
  readonly kernel_s: (kernel: Kernel) => number;
  /** Of a call, and of every node beside its kernel, s. */
  readonly call_s: number;
  readonly node_s: number;
  /** Standard deviation of the speed of a load, as a fraction, for a network of this latency. */
  readonly loadSd: (latency_s: number) => number;
  /** Every batch takes longer by an exponentially distributed part with this mean, as a fraction. */
  readonly jitter: number;
  readonly disturbance: DisturbanceRules;
  readonly profiler?: ProfilerRules;
  readonly power?: PowerRules;
  /** What the machine tells of itself, by the time. */
  readonly state?: (time_s: number) => MachineState;
  /** Called after every batch of runs. */
  readonly onBatch?: () => void;
}

export interface DisturbanceRules {
  /** Bursts of neighbours: per second, of this mean length, slower by up to this factor. */
  readonly bursts_hz: number;
  readonly burst_s: number;
  readonly burstFactor: number;
  /** The machine's own state: its standard deviation as a fraction and how long it holds, s. */
  readonly stateSd: number;
  readonly state_s: number;
  /** How much more than the canary a network of this latency feels the state. */
  readonly sensitivity: (latency_s: number) => number;
  /** A slowdown on top, of everything, by the time: drift, throttling. 1 by default. */
  readonly slowdown?: (time_s: number) => number;
}

/** A node profiler like ONNX Runtime's. */
export interface ProfilerRules {
  /** Added to every node's own time, and to the run per node, s. */
  readonly recording_s: number;
  readonly runPerNode_s: number;
  /** Standard deviation of the recording time between loads, s. */
  readonly recordingSd_s: number;
  /** Every third record takes this much longer: the log's own memory. */
  readonly thirdExtra_s: number;
  readonly resolution_s: number;
}

/** A supply, and a counter of its energy that ticks, or a sensor of its power. */
export interface PowerRules {
  readonly run_w: number;
  readonly idle_w: number;
  /** Standard deviation of the power as a fraction, and how long it holds, s. */
  readonly noise: number;
  readonly noise_s: number;
  readonly period_s: number;
  readonly unit_j: number;
  readonly wrap_j: number;
  /** Taken by every reading; default none. */
  readonly read_j?: number;
  /** In place of the counter. */
  readonly sensor?: PowerSensorRules;
  /** All power moves slowly: its standard deviation as a fraction, and how long it holds, s. */
  readonly drift?: { readonly sd: number; readonly hold_s: number };
  /** Others draw this much more by turns: so often a second, for this mean length. */
  readonly bursts?: {
    readonly bursts_hz: number;
    readonly burst_s: number;
    readonly extra_w: number;
  };
  /** An instrument beside the device is told every stretch of constant power. */
  readonly onDraw?: (from_s: number, to_s: number, power_w: number) => void;
}

/** Shows power, updated every `period_s` of the rules, in steps. */
export interface PowerSensorRules {
  readonly unit_w: number;
  /** The part of every period in which it samples. */
  readonly duty: number;
  /** It shows the mean over so long a time past, s; 0: over the period alone. */
  readonly averaging_s: number;
}

const macsPerSecond = 3e10;
const block = 16;
const blocks = (channels: number): number => block * Math.ceil(channels / block);

/** Channels in blocks of 16, and a slower way for inputs below the first edge: what a runtime with AVX-512 does. */
export function blockedKernel_s(kernel: Kernel): number {
  const wide = {
    ...kernel,
    inChannels: kernel.op === "depthwise_conv2d" ? kernel.inChannels : blocks(kernel.inChannels),
    outChannels: blocks(kernel.outChannels),
  };
  const belowEdge = kernel.op === "conv2d" && kernel.inChannels < block ? 1.4 : 1;
  return (belowEdge * kernelMacs(wide)) / macsPerSecond;
}

/** A server with neighbours, as measured on one: see docs/measuring.md. */
export const usualPhysics: Physics = {
  seed: 1,
  kernel_s: blockedKernel_s,
  call_s: 8e-6,
  node_s: 0.8e-6,
  loadSd: (latency_s) => (latency_s < 1.3e-4 ? 0.02 : latency_s < 2.5e-4 ? 0.012 : 0.007),
  jitter: 0.003,
  disturbance: {
    bursts_hz: 2,
    burst_s: 0.03,
    burstFactor: 1.8,
    stateSd: 0.01,
    state_s: 15,
    sensitivity: (latency_s) => (latency_s < 2.5e-4 ? 1 : 1.5),
  },
  profiler: {
    recording_s: 2.6e-6,
    runPerNode_s: 10e-6,
    recordingSd_s: 0.15e-6,
    thirdExtra_s: 1e-6,
    resolution_s: 1e-6,
  },
};

/** RAPL-like: ticks of a millisecond, in units of 61 µJ. */
export const usualPower: PowerRules = {
  run_w: 30,
  idle_w: 8,
  noise: 0.01,
  noise_s: 0.3,
  period_s: 1e-3,
  unit_j: 6.1e-5,
  wrap_j: 262143.32885,
};

/** Nothing varies and nothing disturbs. */
export const exactPhysics: Physics = {
  ...usualPhysics,
  loadSd: () => 0,
  jitter: 0,
  disturbance: {
    bursts_hz: 0,
    burst_s: 1,
    burstFactor: 1,
    stateSd: 0,
    state_s: 1,
    sensitivity: () => 1,
  },
  profiler: {
    recording_s: 2.6e-6,
    runPerNode_s: 10e-6,
    recordingSd_s: 0,
    thirdExtra_s: 0,
    resolution_s: 1e-9,
  },
};

/** Latency of a network on the undisturbed machine, mean over loads, s. */
export function undisturbed_s(
  { kernel_s, call_s, node_s }: Pick<Physics, "kernel_s" | "call_s" | "node_s">,
  network: Network,
  batch = 1,
): number {
  const kernels = kernelsOf(network, { batch });
  return kernels.reduce((sum, { kernel }) => sum + node_s + kernel_s(kernel), call_s + node_s);
}
