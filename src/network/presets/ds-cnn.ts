import { conv, depthwise, head, mfcc, type Preset, scale } from "./building.ts";

interface Variant {
  readonly width: number;
  readonly blocks: number;
  /** Step of the stem along the coefficients; where it is 1, the first block halves both axes. */
  readonly stemStrideWidth: number;
}

/** Depthwise-separable keyword spotting on 49 frames of 10 MFCCs (Zhang et al. 2017, arXiv 1711.07128, section 3). */
const dsCnn = (size: string, { width, blocks, stemStrideWidth }: Variant): Preset => ({
  summary: `DS-CNN-${size.toUpperCase()} for keywords as 49x10 MFCCs: a 10x4 convolution and ${blocks} depthwise-separable blocks of ${width}`,
  build: ({ multiplier = 1, classes = 12 }) => {
    const wide = scale(multiplier)(width);
    const stem = { kernelSize: 10, kernelWidth: 4, stride: 2, strideWidth: stemStrideWidth };
    return {
      name: `ds-cnn-${size}`,
      input: mfcc,
      layers: [
        conv("conv0", wide, stem),
        ...Array.from({ length: blocks }, (_, i) => [
          depthwise(`depthwise${i + 1}`, i === 0 && stemStrideWidth === 1 ? 2 : 1),
          conv(`conv${i + 1}`, wide, { kernelSize: 1 }),
        ]).flat(),
        ...head(classes),
      ],
    };
  },
});

export const dsCnnS = dsCnn("s", { width: 64, blocks: 4, stemStrideWidth: 2 });
export const dsCnnM = dsCnn("m", { width: 172, blocks: 4, stemStrideWidth: 1 });
export const dsCnnL = dsCnn("l", { width: 276, blocks: 5, stemStrideWidth: 1 });
