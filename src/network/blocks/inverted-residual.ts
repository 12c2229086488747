import type { Layer } from "../layer.ts";
import { networkInput } from "../network.ts";
import { conv, depthwise } from "../presets/building.ts";
import { type BlockOperator, type BlockVariant, keepsShape, variantName } from "./block.ts";
import { squeezeExcite } from "./squeeze-excite.ts";

interface Variant extends BlockVariant {
  /** Width of the inside, as a multiple of the input's. */
  readonly expansion: number;
}

/**
 * Expansion, depthwise convolution, linear projection, and the input added where the shapes agree (Sandler et al. 2018, figure 4).
 * An expansion of 1 has no layer of its own, as there.
 */
export const invertedResidual = ({ expansion, ...variant }: Variant): BlockOperator => ({
  name: `mb_e${expansion}_${variantName(variant)}`,
  layers: (place) => {
    const { name, inChannels, width, stride } = place;
    const inside = expansion * inChannels;
    const residual: Layer = {
      kind: "add",
      name: `${name}-add`,
      inputs: [`${name}-project`, networkInput],
      activation: "linear",
    };
    return [
      ...(expansion > 1 ? [conv(`${name}-expand`, inside, { kernelSize: 1 })] : []),
      { ...depthwise(`${name}-depthwise`, stride), kernelSize: variant.kernelSize },
      ...(variant.squeezes ? squeezeExcite(name, `${name}-depthwise`, inside) : []),
      conv(`${name}-project`, width, { kernelSize: 1, activation: "linear" }),
      ...(keepsShape(place) ? [residual] : []),
    ];
  },
});
