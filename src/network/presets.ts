import { unknownName } from "../errors.ts";
import type { Preset } from "./presets/building.ts";
import { dsCnnL, dsCnnM, dsCnnS } from "./presets/ds-cnn.ts";
import { hurricane, hurricaneCifar, hurricaneMnist } from "./presets/hurricane.ts";
import { mlp, mnistCnn } from "./presets/mnist.ts";
import { mobilenetV1, mobilenetV1Cifar } from "./presets/mobilenet-v1.ts";
import { mobilenetV2, mobilenetV2Cifar } from "./presets/mobilenet-v2.ts";
import { plain3 } from "./presets/plain.ts";
import { resnet20Cifar, resnet32Cifar, resnetCifar } from "./presets/resnet.ts";
import { shrinkCnnA, shrinkCnnCifar, shrinkCnnMnist } from "./presets/shrink-cnn.ts";
import { vgg19Cifar, vggCifar } from "./presets/vgg.ts";

export type { Preset } from "./presets/building.ts";

export const presets = {
  "ds-cnn-s": dsCnnS,
  "ds-cnn-m": dsCnnM,
  "ds-cnn-l": dsCnnL,
  hurricane,
  "hurricane-cifar": hurricaneCifar,
  "hurricane-mnist": hurricaneMnist,
  mlp,
  "mnist-cnn": mnistCnn,
  "mobilenet-v1": mobilenetV1,
  "mobilenet-v1-cifar": mobilenetV1Cifar,
  "mobilenet-v2": mobilenetV2,
  "mobilenet-v2-cifar": mobilenetV2Cifar,
  plain3,
  "resnet-20-cifar": resnet20Cifar,
  "resnet-32-cifar": resnet32Cifar,
  "resnet-cifar": resnetCifar,
  "shrink-cnn": shrinkCnnMnist,
  "shrink-cnn-a": shrinkCnnA,
  "shrink-cnn-cifar": shrinkCnnCifar,
  "vgg-cifar": vggCifar,
  "vgg19-cifar": vgg19Cifar,
} as const satisfies Record<string, Preset>;

export type PresetName = keyof typeof presets;

/** The preset called `name`; throws a UserError that lists the known ones. */
export function findPreset(name: string): Preset {
  const found: [string, Preset] | undefined = Object.entries(presets).find(
    ([known]) => known === name,
  );
  if (!found) throw unknownName("network preset", name, Object.keys(presets));
  return found[1];
}
