import type { Layer } from "../layer.ts";
import { conv } from "../presets/building.ts";

/** Share of the channels that is left between the two layers (Hu et al. 2018, reduction 16; 1/4 as in MobileNetV3). */
const squeezed = 1 / 4;

/**
 * Weighs the channels of layer `from` by what the whole image holds: mean over the image, two layers, a sigmoid per channel
 * (Hu et al. 2018, section 3). The last layer, `name`-weighed, has the shape of `from`.
 */
export function squeezeExcite(name: string, from: string, channels: number): readonly Layer[] {
  const vector = { kernelSize: 1, bias: true, batchNorm: false } as const;
  return [
    { kind: "global_pool", name: `${name}-mean`, inputs: [from] },
    conv(`${name}-squeeze`, Math.ceil(squeezed * channels), vector),
    conv(`${name}-excite`, channels, { ...vector, activation: "sigmoid" }),
    { kind: "multiply", name: `${name}-weighed`, inputs: [from, `${name}-excite`] },
  ];
}
