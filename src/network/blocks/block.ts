import type { Layer } from "../layer.ts";

/** Where a block stands in a network. */
export interface BlockPlace {
  /** Begins the names of its layers. */
  readonly name: string;
  readonly inChannels: number;
  /** Output channels. */
  readonly width: number;
  /** From input to output; the image keeps its size at 1. */
  readonly stride: number;
}

/** A way to fill a block. */
export interface BlockOperator {
  readonly name: string;
  /** Its layers, reading the network's input; the last one is what the block gives. */
  layers(place: BlockPlace): readonly Layer[];
}

/** The window of an operator's depthwise layers, and whether channels are weighed by what the whole image holds. */
export interface BlockVariant {
  readonly kernelSize: number;
  readonly squeezes: boolean;
}

/** Ending of an operator's name: "k5", "k5_se". */
export const variantName = ({ kernelSize, squeezes }: BlockVariant): string =>
  `k${kernelSize}${squeezes ? "_se" : ""}`;

/** True where the block can hand its input on. */
export const keepsShape = ({ inChannels, width, stride }: BlockPlace): boolean =>
  stride === 1 && inChannels === width;
