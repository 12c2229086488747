import { expect, test } from "vitest";
import { activationsInMemory, networkPeakMemory_bytes } from "../../src/network/costs.ts";
import type { Layer } from "../../src/network/layer.ts";
import type { Network } from "../../src/network/network.ts";
import { presets } from "../../src/network/presets.ts";

const conv = (name: string, width: number, inputs?: readonly string[]): Layer => ({
  kind: "conv2d",
  name,
  width,
  kernelSize: 1,
  stride: 1,
  padding: "same",
  bias: false,
  batchNorm: false,
  activation: "relu",
  ...(inputs ? { inputs } : {}),
});

const network = (layers: readonly Layer[]): Network => ({
  name: "branches",
  input: { height: 4, width: 4, channels: 3 },
  layers,
});
const image_bytes = 4 * 4 * 4;

test("on a chain the peak is the largest sum of a layer's input and output", () => {
  const chain = network([conv("a", 8), conv("b", 2), conv("c", 5)]);

  expect(networkPeakMemory_bytes(chain)).toBe(image_bytes * (3 + 8));
});

test("a tensor that a later layer reads stays in memory until then", () => {
  const residual = network([
    conv("a", 6),
    conv("b", 9),
    conv("c", 6),
    { kind: "add", name: "sum", inputs: ["c", "a"], activation: "linear" },
  ]);

  const during = activationsInMemory(residual).map((tensors) => tensors.map(({ layer }) => layer));

  expect(during).toEqual([
    ["input", "a"],
    ["a", "b"],
    ["a", "b", "c"],
    ["a", "c", "sum"],
  ]);
  expect(networkPeakMemory_bytes(residual)).toBe(image_bytes * (6 + 9 + 6));
});

test("MobileNetV1 at 32x32 peaks in its first block: 32 channels in, 64 out", () => {
  const mobilenet = presets["mobilenet-v1-cifar"].build({});

  expect(networkPeakMemory_bytes(mobilenet)).toBe(4 * 32 * 32 * (32 + 64));
});
