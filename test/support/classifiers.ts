/** Classifiers as their papers describe them, whoever writes them. */

export type Part = { readonly name?: string } & (
  | {
      readonly kind: "conv";
      readonly width: number;
      readonly size: number;
      readonly stride: number;
      readonly depthwise?: boolean;
      readonly activation: "relu" | "relu6" | "linear";
    }
  | {
      readonly kind: "pool";
      readonly size: number;
      readonly stride: number;
      readonly activation?: undefined;
    }
  | { readonly kind: "global"; readonly activation?: undefined }
  | { readonly kind: "dense"; readonly width: number; readonly activation: "relu" | "linear" }
  | { readonly kind: "add"; readonly with: string; readonly activation?: undefined }
);

export interface Classifier {
  readonly name: string;
  /** Height and width of its image of three colours. */
  readonly size: number;
  readonly parts: readonly Part[];
  /** Multiply-accumulates as published, in billions, and where. */
  readonly billions: number;
}

/** Length of what a "same" window of this stride gives. */
export const same = (length: number, stride: number): number => Math.ceil(length / stride);

const conv = (
  width: number,
  size: number,
  stride: number,
  activation: "relu" | "relu6" | "linear" = "relu",
): Part => ({ kind: "conv", width, size, stride, activation });
const depthwise = (size: number, stride: number, activation: "relu" | "relu6"): Part => ({
  ...{ kind: "conv", width: 0, size, stride, activation },
  depthwise: true,
});

/** Howard et al. 2017, table 1; 569 million multiply-accumulates by its table 8. */
const mobilenetV1: Classifier = {
  name: "MobileNetV1",
  size: 224,
  billions: 0.569,
  parts: [
    conv(32, 3, 2, "relu6"),
    ...(
      [
        [64, 1],
        [128, 2],
        [128, 1],
        [256, 2],
        [256, 1],
        [512, 2],
        ...Array.from({ length: 5 }, () => [512, 1] as const),
        [1024, 2],
        [1024, 1],
      ] as const
    ).flatMap(([width, stride]) => [depthwise(3, stride, "relu6"), conv(width, 1, 1, "relu6")]),
    { kind: "global" },
    { kind: "dense", width: 1000, activation: "linear" },
  ],
};

/** Simonyan and Zisserman 2015, table 1, D; 15.5 billion by torchvision's list of its weights. */
const vgg16: Classifier = {
  name: "VGG-16",
  size: 224,
  billions: 15.47,
  parts: [
    ...[
      [64, 2],
      [128, 2],
      [256, 3],
      [512, 3],
      [512, 3],
    ].flatMap(([width = 0, repeats = 0]) => [
      ...Array.from({ length: repeats }, () => conv(width, 3, 1)),
      { kind: "pool", size: 2, stride: 2 } as const,
    ]),
    { kind: "dense", width: 4096, activation: "relu" },
    { kind: "dense", width: 4096, activation: "relu" },
    { kind: "dense", width: 1000, activation: "linear" },
  ],
};

/** EfficientNet-Lite0 (tensorflow/tpu, efficientnet/lite): no gates, ReLU6; 407 million multiply-adds by its README. */
const efficientnetLite0: Classifier = {
  name: "EfficientNet-Lite0",
  size: 224,
  billions: 0.407,
  parts: [
    conv(32, 3, 2, "relu6"),
    ...invertedResiduals([
      { expansion: 1, channels: 16, repeats: 1, stride: 1, size: 3 },
      { expansion: 6, channels: 24, repeats: 2, stride: 2, size: 3 },
      { expansion: 6, channels: 40, repeats: 2, stride: 2, size: 5 },
      { expansion: 6, channels: 80, repeats: 3, stride: 2, size: 3 },
      { expansion: 6, channels: 112, repeats: 3, stride: 1, size: 5 },
      { expansion: 6, channels: 192, repeats: 4, stride: 2, size: 5 },
      { expansion: 6, channels: 320, repeats: 1, stride: 1, size: 3 },
    ]),
    conv(1280, 1, 1, "relu6"),
    { kind: "global" },
    { kind: "dense", width: 1000, activation: "linear" },
  ],
};

interface Stage {
  readonly expansion: number;
  readonly channels: number;
  readonly repeats: number;
  readonly stride: number;
  readonly size: number;
}

/** Blocks that widen, filter each channel and narrow; all but the first of a stage add what they read. */
function invertedResiduals(stages: readonly Stage[]): readonly Part[] {
  let read = 32;
  return stages.flatMap(({ expansion, channels, repeats, stride, size }, stage) =>
    Array.from({ length: repeats }, (_, repeat): readonly Part[] => {
      const name = `${stage}.${repeat}`;
      const isFirst = repeat === 0;
      const inner = read * expansion;
      read = channels;
      const last = conv(channels, 1, 1, "linear");
      return [
        ...(expansion > 1 ? [conv(inner, 1, 1, "relu6")] : []),
        depthwise(size, isFirst ? stride : 1, "relu6"),
        isFirst ? { ...last, name } : last,
        ...(isFirst ? [] : [{ kind: "add", with: `${stage}.${repeat - 1}`, name } as const]),
      ];
    }).flat(),
  );
}

export const classifiers: readonly Classifier[] = [mobilenetV1, vgg16, efficientnetLite0];
