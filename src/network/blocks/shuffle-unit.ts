import type { DepthwiseConv2dLayer, Layer } from "../layer.ts";
import { networkInput } from "../network.ts";
import { conv, depthwise } from "../presets/building.ts";
import {
  type BlockOperator,
  type BlockPlace,
  type BlockVariant,
  keepsShape,
  variantName,
} from "./block.ts";
import { squeezeExcite } from "./squeeze-excite.ts";

/** Where the half that is worked on begins. */
interface BranchPlace {
  readonly name: string;
  /** The layer it reads. */
  readonly from: string;
  readonly width: number;
  readonly stride: number;
}

/** The layers of the half that is worked on. */
type Branch = (place: BranchPlace) => readonly Layer[];

/**
 * The unit of ShuffleNetV2 (Ma et al. 2018, figure 3c and d): one half of the channels is worked on, the other handed on, and the
 * two are shuffled together. Where the shape changes both halves are made of all channels.
 */
const shuffleUnit = (name: string, branch: Branch): BlockOperator => ({
  name,
  layers: (place) => {
    const { name: block, width, stride } = place;
    const half = Math.floor(width / 2);
    const passes = keepsShape(place);
    const kept = passes ? [slice(`${block}-kept`, 0)] : shortcut(`${block}-kept`, place, half);
    const cut = passes ? [slice(`${block}-worked`, 1)] : [];
    const from = passes ? `${block}-worked` : networkInput;
    const worked = branch({ name: `${block}-branch`, from, width: width - half, stride });
    return [
      ...kept,
      ...cut,
      ...worked,
      { kind: "concat", name: `${block}-joined`, inputs: [lastOf(kept), lastOf(worked)] },
      { kind: "channel_shuffle", name: `${block}-shuffled`, groups: 2 },
    ];
  },
});

function lastOf(layers: readonly Layer[]): string {
  const last = layers.at(-1);
  if (!last) throw new Error("A branch has no layers");
  return last.name;
}

/** A half of the block's input. */
const slice = (name: string, part: number): Layer => ({
  kind: "channel_slice",
  name,
  inputs: [networkInput],
  part,
  parts: 2,
});

/** The half that is handed on where the shape changes: a depthwise layer and a pointwise one. */
const shortcut = (name: string, { stride }: BlockPlace, width: number): readonly Layer[] => [
  { ...depthwise(`${name}-depthwise`, stride), activation: "linear", inputs: [networkInput] },
  conv(`${name}-pointwise`, width, { kernelSize: 1 }),
];

const linearDepthwise = (
  name: string,
  kernelSize: number,
  stride: number,
): DepthwiseConv2dLayer => ({
  ...depthwise(name, stride),
  kernelSize,
  activation: "linear",
});

const weighed = (squeezes: boolean, name: string, layers: readonly Layer[], channels: number) => [
  ...layers,
  ...(squeezes ? squeezeExcite(name, lastOf(layers), channels) : []),
];

/** Pointwise, depthwise, pointwise. */
export const choice = ({ squeezes, ...variant }: BlockVariant): BlockOperator =>
  shuffleUnit(`choice_${variantName({ ...variant, squeezes })}`, ({ name, from, width, stride }) =>
    weighed(
      squeezes,
      name,
      [
        conv(`${name}-first`, width, { kernelSize: 1, inputs: [from] }),
        linearDepthwise(`${name}-depthwise`, variant.kernelSize, stride),
        conv(`${name}-last`, width, { kernelSize: 1 }),
      ],
      width,
    ),
  );

/** Three pairs of a depthwise 3x3 and a pointwise convolution, as in Xception (Guo et al. 2020, section 4.1). */
export const choiceX = ({ squeezes }: Pick<BlockVariant, "squeezes">): BlockOperator =>
  shuffleUnit(`choicex${squeezes ? "_se" : ""}`, ({ name, from, width, stride }) =>
    weighed(
      squeezes,
      name,
      [
        { ...linearDepthwise(`${name}-depthwise1`, 3, stride), inputs: [from] },
        conv(`${name}-pointwise1`, width, { kernelSize: 1 }),
        ...[2, 3].flatMap((i) => [
          linearDepthwise(`${name}-depthwise${i}`, 3, 1),
          conv(`${name}-pointwise${i}`, width, { kernelSize: 1 }),
        ]),
      ],
      width,
    ),
  );
