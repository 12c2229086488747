import { cifar, conv, head, type Preset, scale } from "./building.ts";

export const plain3: Preset = {
  summary: "three 3x3 convolutions with strides 1, 2, 2 and no batch norm; 32x32x3",
  build: ({ multiplier = 1, classes = 10 }) => {
    const wide = scale(multiplier);
    const plain = { batchNorm: false };
    return {
      name: "plain3",
      input: cifar,
      layers: [
        conv("conv1", wide(32), plain),
        conv("conv2", wide(64), { ...plain, stride: 2 }),
        conv("conv3", wide(128), { ...plain, stride: 2 }),
        ...head(classes),
      ],
    };
  },
};
