import { conv, depthwise } from "../presets/building.ts";
import { type BlockOperator, type BlockVariant, variantName } from "./block.ts";
import { squeezeExcite } from "./squeeze-excite.ts";

/** A depthwise and a pointwise convolution (Howard et al. 2017, table 1). */
export const separable = (variant: BlockVariant): BlockOperator => ({
  name: `sep_${variantName(variant)}`,
  layers: ({ name, inChannels, width, stride }) => [
    { ...depthwise(`${name}-depthwise`, stride), kernelSize: variant.kernelSize },
    ...(variant.squeezes ? squeezeExcite(name, `${name}-depthwise`, inChannels) : []),
    conv(`${name}-pointwise`, width, { kernelSize: 1 }),
  ],
});
