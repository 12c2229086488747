import { describe, expect, test } from "vitest";
import { UserError } from "../../../src/errors.ts";
import {
  type OperatorSpace,
  pathNetwork,
  pathParts,
  uniformPath,
} from "../../../src/network/blocks/operator-space.ts";
import { blockOperators, findOperator } from "../../../src/network/blocks/pool.ts";
import { networkMacs } from "../../../src/network/costs.ts";
import { type Network, placeLayers } from "../../../src/network/network.ts";
import { parametersOf } from "../../../src/network/parameters.ts";
import { conv, head, imagenet } from "../../../src/network/presets/building.ts";

type Stage = readonly [width: number, blocks: number, stride: number];

const space = (
  stages: readonly Stage[],
  layers: Pick<OperatorSpace, "stem" | "tail">,
): OperatorSpace => ({
  name: "blocks",
  input: imagenet,
  ...layers,
  blocks: stages.flatMap(([width, blocks, stride], s) =>
    Array.from({ length: blocks }, (_, block) => ({
      name: `stage${s + 1}-block${block + 1}`,
      width,
      stride: block === 0 ? stride : 1,
    })),
  ),
  operators: blockOperators,
  perBlock: 4,
  earlyBlocks: 0,
});

const trainableCount = (network: Network): number =>
  parametersOf(network)
    .filter(({ trainable }) => trainable)
    .reduce((sum, { shape }) => sum + shape.reduce((product, length) => product * length, 1), 0);

test("there are 32 operators: 6 separable, 18 inverted residual, 6 and 2 shuffle units", () => {
  const names = blockOperators.map(({ name }) => name);

  const counts = ["sep_", "mb_", "choice_", "choicex"].map(
    (family) => names.filter((name) => name.startsWith(family)).length,
  );
  expect(counts).toEqual([6, 18, 6, 2]);
  expect(new Set(names).size).toBe(32);
});

test("an operator that does not exist is refused with the nearest names", () => {
  expect(() => findOperator("mb_e3_k4")).toThrow(UserError);
});

describe("networks that others published", () => {
  test("ShuffleNetV2 x1.0 is its choice units: 2,278,604 parameters (torchvision), 146 M multiply-accumulates (Ma et al.)", () => {
    const shuffleNet = space(
      [
        [116, 4, 2],
        [232, 8, 2],
        [464, 4, 2],
      ],
      {
        stem: [
          conv("stem", 24, { stride: 2 }),
          { kind: "pool", name: "halve", mode: "max", size: 3, stride: 2, padding: "same" },
        ],
        tail: [conv("last", 1024, { kernelSize: 1 }), ...head(1000)],
      },
    );

    const network = pathNetwork(shuffleNet, uniformPath(shuffleNet, "choice_k3"));

    expect(trainableCount(network)).toBe(2_278_604);
    expect(networkMacs(network) / 1e6).toBeGreaterThan(144.5);
    expect(networkMacs(network) / 1e6).toBeLessThan(147);
  });

  test("MobileNetV2 is its inverted residuals: 3,504,872 parameters (torchvision)", () => {
    const mobileNet = space(
      [
        [16, 1, 1],
        [24, 2, 2],
        [32, 3, 2],
        [64, 4, 2],
        [96, 3, 1],
        [160, 3, 2],
        [320, 1, 1],
      ],
      {
        stem: [conv("stem", 32, { stride: 2 })],
        tail: [conv("last", 1280, { kernelSize: 1 }), ...head(1000)],
      },
    );

    const [, ...expanding] = uniformPath(mobileNet, "mb_e6_k3");
    const network = pathNetwork(mobileNet, ["mb_e1_k3", ...expanding]);

    expect(trainableCount(network)).toBe(3_504_872);
  });
});

const small: OperatorSpace = {
  ...space(
    [
      [8, 2, 1],
      [12, 2, 2],
    ],
    { stem: [conv("stem", 8)], tail: [conv("last", 16, { kernelSize: 1 }), ...head(4)] },
  ),
  input: { height: 8, width: 8, channels: 3 },
};

test.each(blockOperators.map(({ name }) => name))(
  "%s gives the block's shape, at any stride",
  (name) => {
    const parts = pathParts(small, uniformPath(small, name));

    const shapes = parts.slice(1, -1).map((part) => placeLayers(part).at(-1)?.out);
    expect(shapes).toEqual([
      { height: 8, width: 8, channels: 8 },
      { height: 8, width: 8, channels: 8 },
      { height: 4, width: 4, channels: 12 },
      { height: 4, width: 4, channels: 12 },
    ]);
    expect(placeLayers(pathNetwork(small, uniformPath(small, name))).at(-1)?.out.channels).toBe(4);
  },
);

test("operators of one block never share a parameter's name, and the stem and the tail always do", () => {
  const namesOf = (operator: string) =>
    new Set(parametersOf(pathNetwork(small, uniformPath(small, operator))).map(({ name }) => name));

  const [one, other] = [namesOf("mb_e3_k3"), namesOf("mb_e3_k5")];

  const common = [...one].filter((name) => other.has(name));
  expect(new Set(common.map((name) => name.split("/")[0]))).toEqual(
    new Set(["stem", "last", "logits"]),
  );
});

test("squeeze-and-excitation adds its two layers' weights: of 8 channels 2 x 8 + 2 + 8 x 2 + 8", () => {
  const countOf = (operator: string) =>
    trainableCount(pathParts(small, uniformPath(small, operator))[1] as Network);

  expect(countOf("sep_k3_se") - countOf("sep_k3")).toBe(2 * 8 + 2 + 8 * 2 + 8);
});
