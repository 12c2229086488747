import { expect, test } from "vitest";
import type { NetworkObservation } from "../../../energy-db/fit/cost-fit.ts";
import { describeCosts } from "../../../energy-db/fit/describe-costs.ts";
import { likeliestStructures } from "../../../energy-db/fit/structures.ts";
import { type Kernel, kernelsOf } from "../../../src/network/kernel.ts";
import type { Network } from "../../../src/network/network.ts";
import { seededRandom } from "../../../src/random.ts";
import { packedPlatform, pointwiseChain } from "../../support/packed-platform.ts";

/** A pointwise convolution, a pool, another convolution. */
function pooled(first: number, second: number): Network {
  const [before, after] = pointwiseChain([first, second]).layers;
  if (!before || !after) throw new Error("The chain has two layers");
  const pool = {
    kind: "pool",
    name: "pool",
    mode: "max",
    size: 2,
    stride: 2,
    padding: "valid",
  } as const;
  return { ...pointwiseChain([first, second]), layers: [before, pool, after] };
}

/** Pools only whole blocks packed: other widths are unpacked before and packed again after. */
const kernel_s = (kernel: Kernel): number => {
  if (kernel.op !== "pool") return packedPlatform.kernel_s(kernel);
  const width = kernel.inChannels / 16;
  return kernel.inChannels % 16 === 0 ? 0.6e-6 + 0.1e-6 * width : 2e-6 + 0.8e-6 * width;
};

function observed(count: number) {
  const random = seededRandom(1);
  // Every other one aligned, as designs have them.
  const width = () => (random.below(2) === 0 ? 4 * (1 + random.below(30)) : 4 + random.below(117));
  const networks = Array.from({ length: count }, () =>
    kernelsOf(pooled(width(), width())).map(({ kernel }) => kernel),
  );
  const noisy = (time_s: number, noise: number) => time_s * (1 + noise * random.normal());
  return {
    networks: networks.map(
      (kernels): NetworkObservation => ({
        kernels,
        latency_s: noisy(
          kernels.reduce((sum, kernel) => sum + kernel_s(kernel), 20e-6),
          0.005,
        ),
        relativeSd: 0.01,
      }),
    ),
    kernels: networks
      .flat()
      .map((kernel) => ({ kernel, time_s: noisy(kernel_s(kernel), 0.1), nodes: 0 })),
  };
}

test("an operation that packs whole blocks only is told from those that pack what is aligned", () => {
  const structures = likeliestStructures(observed(80));

  expect(structures.of("conv2d").in).toEqual({ block: 16, align: 4 });
  expect(structures.of("pool").in).toEqual({ block: 16, align: 16 });
});

test("a family of thousands of widths shows its structure in a part of them", () => {
  const [example] = kernelsOf(pointwiseChain([8, 8])).map(({ kernel }) => kernel);
  if (!example) throw new Error("The chain has kernels");
  const widths = Array.from({ length: 56 }, (_, i) => 9 + i);
  const kernels = widths.flatMap((inChannels) =>
    widths.map((outChannels) => ({ ...example, inChannels, outChannels })),
  );

  const { structure, families } = describeCosts({
    networks: [],
    kernels: kernels.map((kernel) => ({ kernel, time_s: kernel_s(kernel), nodes: 0 })),
    protocol: 2,
  });

  expect(structure.out).toEqual({ block: 16, align: 4 });
  expect(families).toMatchObject([{ in: [9, 64], out: [9, 64] }]);
});
