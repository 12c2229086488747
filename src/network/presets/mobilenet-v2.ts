import type { Layer, Shape } from "../layer.ts";
import { cifar, conv, depthwise, head, imagenet, type Preset, scale } from "./building.ts";

/** A stage of inverted residual blocks. */
interface Stage {
  /** Width of the blocks' inside, as a multiple of their input's. */
  readonly expansion: number;
  readonly width: number;
  readonly blocks: number;
  /** Of the first block. */
  readonly stride: number;
}

/** Sandler et al. 2018, table 2. */
const stages: readonly Stage[] = [
  { expansion: 1, width: 16, blocks: 1, stride: 1 },
  { expansion: 6, width: 24, blocks: 2, stride: 2 },
  { expansion: 6, width: 32, blocks: 3, stride: 2 },
  { expansion: 6, width: 64, blocks: 4, stride: 2 },
  { expansion: 6, width: 96, blocks: 3, stride: 1 },
  { expansion: 6, width: 160, blocks: 3, stride: 2 },
  { expansion: 6, width: 320, blocks: 1, stride: 1 },
];

interface Variant {
  readonly name: string;
  readonly input: Shape;
  readonly stemStride: number;
  /** Stride of the first stage that has one, the stem's sibling on small images. */
  readonly earlyStride: number;
  readonly classes: number;
}

const activation = "relu6";

const build =
  (variant: Variant): Preset["build"] =>
  ({ multiplier = 1, classes = variant.classes }) => {
    const wide = scale(multiplier);
    const layers: Layer[] = [conv("stem", wide(32), { activation, stride: variant.stemStride })];
    let from = { name: "stem", width: wide(32) };
    for (const { name, expansion, width, stride, isFirst } of blocksOf(variant)) {
      const block = {
        inside: expansion * from.width,
        expands: expansion > 1,
        width: wide(width),
        stride,
        isFirst,
      };
      const made = invertedResidual(name, from, block);
      layers.push(...made);
      from = { name: made[made.length - 1]?.name ?? "", width: block.width };
    }
    // The last convolution is not narrowed below its reference (section 3.3 of the paper).
    const last = conv("last", Math.max(1280, wide(1280)), { activation, kernelSize: 1 });
    return {
      name: variant.name,
      input: variant.input,
      layers: [...layers, last, ...head(classes)],
    };
  };

/** Stages block by block: only a stage's first has its stride. */
const blocksOf = ({ earlyStride }: Variant) =>
  stages.flatMap(({ blocks, stride, ...stage }, s) =>
    Array.from({ length: blocks }, (_, block) => ({
      ...stage,
      name: `stage${s + 1}-block${block + 1}`,
      isFirst: block === 0,
      stride: block > 0 ? 1 : s === 1 ? earlyStride : stride,
    })),
  );

interface Block {
  readonly inside: number;
  readonly expands: boolean;
  readonly width: number;
  readonly stride: number;
  readonly isFirst: boolean;
}

/** Expansion, depthwise, linear projection; all blocks of a stage but the first add their input, at any multiplier. */
function invertedResidual(
  name: string,
  from: { readonly name: string },
  { inside, expands, width, stride, isFirst }: Block,
): readonly Layer[] {
  const linear = { activation: "linear", kernelSize: 1 } as const;
  const body: Layer[] = [
    ...(expands
      ? [conv(`${name}-expand`, inside, { activation, kernelSize: 1, inputs: [from.name] })]
      : []),
    { ...depthwise(`${name}-depthwise`, stride), activation },
    conv(`${name}-project`, width, linear),
  ];
  if (isFirst) return body;
  return [
    ...body,
    {
      kind: "add",
      name: `${name}-add`,
      inputs: [`${name}-project`, from.name],
      activation: "linear",
    },
  ];
}

export const mobilenetV2: Preset = {
  summary: "MobileNetV2 for 224x224x3 (Sandler et al. 2018)",
  build: build({
    name: "mobilenet-v2",
    input: imagenet,
    stemStride: 2,
    earlyStride: 2,
    classes: 1000,
  }),
};

export const mobilenetV2Cifar: Preset = {
  summary: "MobileNetV2 for 32x32x3: the stem and the second stage keep their resolution",
  build: build({
    name: "mobilenet-v2-cifar",
    input: cifar,
    stemStride: 1,
    earlyStride: 1,
    classes: 10,
  }),
};
