import { expect, test } from "vitest";
import { loneNetwork } from "../../profiler/isolated.ts";
import { kernelsOf } from "../../src/network/kernel.ts";
import { presets } from "../../src/network/presets.ts";
import { exampleNetworks } from "../support/reference/example-networks.ts";

const networks = [presets["mnist-cnn"], presets["resnet-cifar"], presets["mobilenet-v1-cifar"]].map(
  (preset) => preset.build({ multiplier: 0.25 }),
);

test.each([...networks, exampleNetworks.joined].map((network) => [network.name, network] as const))(
  "the lone network of every kernel of %s executes that kernel",
  (_, network) => {
    for (const { kernel } of kernelsOf(network)) {
      const lone = kernelsOf(loneNetwork(kernel)).find(({ layer }) => layer === "kernel");
      expect(lone?.kernel).toEqual(kernel);
    }
  },
);
