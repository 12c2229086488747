import { expect, test } from "vitest";
import { planProfile } from "../../profiler/index.ts";
import { profiledSpace } from "../../src/app/workflows/profile-run.ts";
import { networkMacs } from "../../src/network/costs.ts";
import { exportNetwork } from "../../src/network/export.ts";
import { initialWeights } from "../../src/network/initial-weights.ts";
import type { Network } from "../../src/network/network.ts";
import { placeLayers } from "../../src/network/network.ts";
import { parametersOf } from "../../src/network/parameters.ts";
import { type PresetName, presets } from "../../src/network/presets.ts";
import { searchStart } from "../../src/network/search-start.ts";
import { decodeModel, encodeModel } from "../../src/onnx/index.ts";
import { seededRandom } from "../../src/random.ts";

/** As training frameworks count them: what gradients move. */
const trainable = (network: Network): number =>
  parametersOf(network)
    .filter((parameter) => parameter.trainable)
    .reduce((sum, { shape }) => sum + shape.reduce((product, size) => product * size, 1), 0);

/** Counts that others published, and who. */
const published: readonly {
  readonly net: PresetName;
  readonly multiplier?: number;
  readonly what: string;
  readonly of: (network: Network) => number;
  readonly is: number;
  /** What the source rounds to. */
  readonly within: number;
}[] = [
  // Howard et al. 2017, table 6: 569, 325, 149 and 41 million multiply-adds.
  { net: "mobilenet-v1", what: "MACs", of: networkMacs, is: 569e6, within: 0.5e6 },
  {
    net: "mobilenet-v1",
    multiplier: 0.75,
    what: "MACs",
    of: networkMacs,
    is: 325e6,
    within: 0.5e6,
  },
  {
    net: "mobilenet-v1",
    multiplier: 0.5,
    what: "MACs",
    of: networkMacs,
    is: 149.5e6,
    within: 0.5e6,
  },
  { net: "mobilenet-v1", multiplier: 0.25, what: "MACs", of: networkMacs, is: 41e6, within: 0.5e6 },
  // The same table: 4.2 million parameters; with batch norm's scales and shifts 4,231,976.
  { net: "mobilenet-v1", what: "parameters", of: trainable, is: 4_231_976, within: 0 },
  // Sandler et al. 2018, table 4: 300 million multiply-adds; torchvision counts 3,504,872 parameters.
  { net: "mobilenet-v2", what: "MACs", of: networkMacs, is: 300e6, within: 1e6 },
  { net: "mobilenet-v2", what: "parameters", of: trainable, is: 3_504_872, within: 0 },
  // Liu et al. 2017 (network slimming), table 1: VGGNet on CIFAR-10, 7.97e8 operations and 20.04 million parameters.
  { net: "vgg19-cifar", what: "MACs", of: networkMacs, is: 7.97e8 / 2, within: 0.5e6 },
  { net: "vgg19-cifar", what: "parameters", of: trainable, is: 20.04e6, within: 0.01e6 },
  // He et al. 2015, table 6: 0.27 and 0.46 million parameters, with shortcuts that have none.
  { net: "resnet-20-cifar", what: "parameters", of: trainable, is: 0.27e6, within: 0.01e6 },
  { net: "resnet-32-cifar", what: "parameters", of: trainable, is: 0.46e6, within: 0.01e6 },
  // Zhang et al. 2017, table 5: 5.4, 19.8 and 56.9 million operations, two to a multiply-add; the largest has 413.7 thousand parameters.
  { net: "ds-cnn-s", what: "MACs", of: networkMacs, is: 5.4e6 / 2, within: 0.05e6 },
  { net: "ds-cnn-m", what: "MACs", of: networkMacs, is: 19.8e6 / 2, within: 0.1e6 },
  { net: "ds-cnn-l", what: "MACs", of: networkMacs, is: 56.9e6 / 2, within: 0.15e6 },
  { net: "ds-cnn-l", what: "parameters", of: trainable, is: 413.7e3, within: 0.1e3 },
  // LeCun et al. 1998, LeNet-300-100: 784 x 300 + 300 x 100 + 100 x 10 weights and 410 biases.
  { net: "mlp", what: "parameters", of: trainable, is: 266_610, within: 0 },
];

test.each(published)("$net x$multiplier has the published $what: $is", (count) => {
  const { net, multiplier = 1, of, is, within } = count;

  expect(Math.abs(of(presets[net].build({ multiplier })) - is)).toBeLessThanOrEqual(within);
});

test("the seed of Wang et al. 2019 for MobileNetV1 on CIFAR-100 has 552,672 MACs", () => {
  const { network } = searchStart("mobilenet-v1-cifar", { classes: 100 });

  expect(networkMacs(network)).toBe(552_672);
});

const names = Object.keys(presets) as PresetName[];

test.each(names)("%s can be profiled and exported", (name) => {
  const start = searchStart(name);
  const small = presets[name].build({ multiplier: 0.1, classes: 7 });

  const plan = planProfile(profiledSpace(start));
  const model = decodeModel(
    encodeModel(exportNetwork(small, initialWeights(small, seededRandom(1)))),
  );

  expect(plan.kernels.length).toBeGreaterThan(placeLayers(start.network).length / 2);
  expect(model.nodes.length).toBeGreaterThan(2);
  expect(placeLayers(small).at(-1)?.out.channels).toBe(7);
});

test("MobileNetV2 adds a block's input where stride and width stay, ten times", () => {
  const { layers } = presets["mobilenet-v2"].build({});

  expect(layers.filter(({ kind }) => kind === "add")).toHaveLength(10);
});
