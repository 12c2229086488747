import { type OperatorSpace, pathNetwork, smallestPath } from "../blocks/operator-space.ts";
import { blockOperators, findOperator } from "../blocks/pool.ts";
import type { Layer, Shape } from "../layer.ts";
import { describeShape } from "../network.ts";
import { cifar, conv, head, imagenet, mnist, type Preset, type PresetOptions } from "./building.ts";

/** Blocks of one width; the first has the stride. */
interface Stage {
  readonly width: number;
  readonly blocks: number;
  readonly stride: number;
}

interface Skeleton extends Pick<OperatorSpace, "name" | "operators" | "perBlock" | "earlyBlocks"> {
  readonly input: Shape;
  /** Width of the first convolution, which halves the image, and of the last. */
  readonly stem: number;
  readonly last: number;
  readonly stages: readonly Stage[];
  readonly classes: number;
}

/** Shuffle units need halves. */
const even =
  (multiplier: number) =>
  (width: number): number =>
    Math.max(8, 2 * Math.floor((width * multiplier) / 2));

const spaceOf =
  ({ stem, last, stages, classes: usual, ...skeleton }: Skeleton) =>
  ({ multiplier = 1, classes = usual }: PresetOptions): OperatorSpace => {
    const wide = even(multiplier);
    const first: Layer = conv("stem", wide(stem), { stride: 2 });
    return {
      ...skeleton,
      stem: [first],
      blocks: stages.flatMap(({ width, blocks, stride }, s) =>
        Array.from({ length: blocks }, (_, block) => ({
          name: `stage${s + 1}-block${block + 1}`,
          width: wide(width),
          stride: block === 0 ? stride : 1,
        })),
      ),
      tail: [conv("last", wide(last), { kernelSize: 1 }), ...head(classes)],
    };
  };

const preset = (summary: string, skeleton: Skeleton): Preset => {
  const operators = spaceOf(skeleton);
  return {
    summary,
    operators,
    build: (options) => {
      const space = operators(options);
      return pathNetwork(space, smallestPath(space));
    },
  };
};

/** The skeleton of Guo et al. 2020 (table 1), which HURRICANE is compared with; how many operators are kept is an assumption. */
export const hurricane = preset(
  "20 blocks of 32 operators to choose from, for 224x224x3 (method hurricane)",
  {
    name: "hurricane",
    input: imagenet,
    stem: 16,
    stages: [
      { width: 64, blocks: 4, stride: 2 },
      { width: 160, blocks: 4, stride: 2 },
      { width: 320, blocks: 8, stride: 2 },
      { width: 640, blocks: 4, stride: 2 },
    ],
    last: 1024,
    classes: 1000,
    operators: blockOperators,
    perBlock: 4,
    earlyBlocks: 8,
  },
);

/**
 * Two blocks at each of three resolutions: minutes instead of days. A dozen operators of all families, and the three of Guo et al. 2020
 * that are not among them.
 */
const small = (name: string, input: Shape): Preset =>
  preset(
    `6 blocks of 15 operators to choose from, for ${describeShape(input)} (method hurricane)`,
    {
      name,
      input,
      stem: 8,
      stages: [
        { width: 16, blocks: 2, stride: 1 },
        { width: 24, blocks: 2, stride: 2 },
        { width: 32, blocks: 2, stride: 2 },
      ],
      last: 64,
      classes: 10,
      operators: [
        ...["sep_k3", "sep_k5", "sep_k3_se", "sep_k5_se"],
        ...["mb_e1_k3", "mb_e1_k5", "mb_e3_k3", "mb_e3_k5", "mb_e6_k3", "mb_e6_k5"],
        ...["mb_e3_k3_se", "choice_k3", "choice_k5", "choice_k7", "choicex"],
      ].map(findOperator),
      perBlock: 3,
      earlyBlocks: 3,
    },
  );

export const hurricaneCifar = small("hurricane-cifar", cifar);
export const hurricaneMnist = small("hurricane-mnist", mnist);
