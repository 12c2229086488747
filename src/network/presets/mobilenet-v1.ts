import type { Shape } from "../layer.ts";
import { cifar, conv, depthwise, head, imagenet, type Preset, scale } from "./building.ts";

/** Width and stride of every depthwise-separable block (Howard et al. 2017, table 1). */
const blocks = [
  [64, 1],
  [128, 2],
  [128, 1],
  [256, 2],
  [256, 1],
  [512, 2],
  [512, 1],
  [512, 1],
  [512, 1],
  [512, 1],
  [512, 1],
  [1024, 2],
  [1024, 1],
] as const;

interface Variant {
  readonly name: string;
  readonly input: Shape;
  readonly stemStride: number;
  readonly classes: number;
}

const build =
  (variant: Variant): Preset["build"] =>
  ({ multiplier = 1, classes = variant.classes }) => {
    const wide = scale(multiplier);
    return {
      name: variant.name,
      input: variant.input,
      layers: [
        conv("conv0", wide(32), { stride: variant.stemStride }),
        ...blocks.flatMap(([width, stride], block) => [
          depthwise(`depthwise${block + 1}`, stride),
          conv(`conv${block + 1}`, wide(width), { kernelSize: 1 }),
        ]),
        ...head(classes),
      ],
    };
  };

/** The widest of Wang et al. 2019, for both data sets. */
const cap = [32, 64, 128, 128, 320, 320, 640, 640, 640, 640, 640, 640, 1280, 1280];

export const mobilenetV1Cifar: Preset = {
  summary:
    "MobileNetV1 with a stride-1 stem for 32x32x3: a convolution and 13 depthwise-separable blocks",
  search: { seed: [8, 8, 8, 8, 16, 16, 24, 24, 24, 24, 24, 24, 32, 32], cap },
  build: build({ name: "mobilenet-v1-cifar", input: cifar, stemStride: 1, classes: 10 }),
};

export const mobilenetV1: Preset = {
  summary: "MobileNetV1 for 224x224x3 (Howard et al. 2017)",
  search: {
    seed: [8, 16, 32, 32, 64, 64, 128, 128, 128, 128, 128, 128, 256, 256],
    cap,
  },
  build: build({ name: "mobilenet-v1", input: imagenet, stemStride: 2, classes: 1000 }),
};
