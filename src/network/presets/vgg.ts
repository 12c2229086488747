import { cifar, conv, head, type Preset, pool, scale } from "./building.ts";

/** Widths of 3x3 convolutions, with max pooling between them. */
type Plan = readonly (number | "pool")[];

const build =
  (name: string, plan: Plan): Preset["build"] =>
  ({ multiplier = 1, classes = 10 }) => {
    const wide = scale(multiplier);
    return {
      name,
      input: cifar,
      layers: [
        ...plan.map((step, i) =>
          step === "pool" ? pool(`pool${i}`) : conv(`conv${i}`, wide(step)),
        ),
        ...head(classes),
      ],
    };
  };

export const vggCifar: Preset = {
  summary: "ten 3x3 convolutions in four stages with max pooling between them; 32x32x3",
  build: build("vgg-cifar", [
    64,
    64,
    "pool",
    128,
    128,
    "pool",
    256,
    256,
    256,
    "pool",
    512,
    512,
    512,
  ]),
};

const deep = [512, 512, 512, 512] as const;

export const vgg19Cifar: Preset = {
  summary: "VGG19 with batch norm and one dense layer, as pruning papers use it; 32x32x3",
  build: build("vgg19-cifar", [
    64,
    64,
    "pool",
    128,
    128,
    "pool",
    256,
    256,
    256,
    256,
    "pool",
    ...deep,
    "pool",
    ...deep,
  ]),
};
