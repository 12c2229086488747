import type { EnergyTable } from "../../energy-db/index.ts";
import { type Kernel, kernelsOf } from "../../src/network/kernel.ts";
import type { Layer } from "../../src/network/layer.ts";
import type { Network } from "../../src/network/network.ts";
import { seededRandom } from "../../src/random.ts";
import {
  identity,
  latencyOf,
  measuredNetwork,
  sessionSettings,
} from "../energy-db/example-rows.ts";

/** A platform that exists on paper: what a call costs, and every kernel. */
export interface PaperPlatform {
  readonly call_s: number;
  kernel_s(kernel: Kernel): number;
}

const blocks = (width: number, block: number): number => Math.ceil(width / block);

/**
 * A runtime that packs channels in blocks of 16: 0.7 µs a kernel, 0.2 µs for every pair of blocks, half of that again for
 * every block written; fewer than 16 input channels are read unpacked after a reorder, which takes 1.5 µs; widths that are no
 * multiple of 4 run unpacked at three times the cost.
 */
export const packedPlatform: PaperPlatform = {
  call_s: 20e-6,
  kernel_s: ({ op, inChannels, outChannels }) => {
    if (op === "depthwise_conv2d") return 0.7e-6 + 0.3e-6 * blocks(inChannels, 16);
    const out = blocks(outChannels, 16);
    if (inChannels < 16) return 2.2e-6 + 0.2e-6 * out;
    if (inChannels % 4 !== 0)
      return (
        0.9e-6 +
        0.6e-6 * (inChannels / 16) * (outChannels / 16) +
        packing(outChannels % 4 === 0, outChannels)
      );
    const pairs = blocks(inChannels, 16) * out;
    return 0.7e-6 + 0.2e-6 * pairs + 0.1e-6 * out + packing(outChannels % 4 !== 0, outChannels);
  },
};

const packing = (needed: boolean, width: number): number => (needed ? 0.05e-6 * (width / 16) : 0);

/** A runtime whose kernels cost what they multiply. */
export const smoothPlatform: PaperPlatform = {
  call_s: 10e-6,
  kernel_s: ({ op, inChannels, outChannels }) =>
    op === "depthwise_conv2d"
      ? 0.5e-6 + 0.01e-6 * inChannels
      : 0.5e-6 + 1e-9 * inChannels * outChannels,
};

/** Pointwise convolutions on 8x8 images, of these widths, as many as there are. */
export const pointwiseChain = (widths: readonly number[]): Network => ({
  name: "chain",
  input: { height: 8, width: 8, channels: 3 },
  layers: widths.map(
    (width, i): Layer => ({
      kind: "conv2d",
      name: `conv${i + 1}`,
      width,
      kernelSize: 1,
      stride: 1,
      padding: "same",
      bias: true,
      batchNorm: false,
      activation: "relu",
    }),
  ),
});

export const trueLatency = (network: Network, { call_s, kernel_s }: PaperPlatform): number =>
  kernelsOf(network).reduce((sum, { kernel }) => sum + kernel_s(kernel), call_s);

/** Chains of two to eight layers with widths from 4 to 160 of every kind: whole blocks, aligned, past an edge, any. */
export function drawnChains(count: number, seed: number): readonly Network[] {
  const random = seededRandom(seed);
  const roundings = [16, 8, 4, 1];
  const drawn = new Map<string, readonly number[]>();
  while (drawn.size < count) {
    const rounding = roundings[random.below(roundings.length)] ?? 1;
    const widths = Array.from({ length: 2 + random.below(7) }, () => {
      const width = 4 * Math.exp(random.uniform() * Math.log(160 / 4));
      return Math.min(160, Math.max(4, Math.round(width / rounding) * rounding));
    });
    drawn.set(widths.join(), widths);
  }
  return [...drawn.values()].map(pointwiseChain);
}

export interface FillOptions {
  readonly networks: readonly Network[];
  readonly role?: "design" | "held-out" | "verify";
  readonly space?: string;
  /** Standard deviation of a load's latency, as a fraction. */
  readonly noise?: number;
}

/** Measures networks of a paper platform into the table; returns the platform's id. */
export function fillTable(
  table: EnergyTable,
  paper: PaperPlatform,
  { networks, role = "design", space = "chain", noise = 0 }: FillOptions,
): number {
  const { id } = table.ensurePlatform(identity, {});
  const session = table.startSession(id, { ...sessionSettings, space });
  const random = seededRandom(networks.length);
  for (const [position, network] of networks.entries())
    table.addNetworkMeasurement(
      id,
      session,
      measuredNetwork(network, paper.kernel_s, {
        role,
        position,
        latency: latencyOf(trueLatency(network, paper) * (1 + noise * random.normal())),
      }),
    );
  return id;
}
