import type { Activation, Layer } from "../layer.ts";
import { cifar, conv, head, type Preset, scale } from "./building.ts";

/** A stem and three stages of residual blocks of two 3x3 convolutions (He et al. 2015, section 4.2). */
const build =
  (name: string, blocksPerStage: number): Preset["build"] =>
  ({ multiplier = 1, classes = 10 }) => {
    const wide = scale(multiplier);
    const layers: Layer[] = [conv("stem", wide(16))];
    let from = { name: "stem", width: wide(16) };
    for (const [stage, width] of [wide(16), wide(32), wide(64)].entries())
      for (let block = 0; block < blocksPerStage; block++) {
        const made = residualBlock(
          `stage${stage + 1}-block${block + 1}`,
          from,
          width,
          stage && !block ? 2 : 1,
        );
        layers.push(...made);
        from = { name: made[made.length - 1]?.name ?? "", width };
      }
    return { name, input: cifar, layers: [...layers, ...head(classes)] };
  };

function residualBlock(
  name: string,
  from: { readonly name: string; readonly width: number },
  width: number,
  stride: number,
): Layer[] {
  const linear: { activation: Activation } = { activation: "linear" };
  const projected = stride !== 1 || from.width !== width;
  const shortcut = conv(`${name}-shortcut`, width, {
    ...linear,
    kernelSize: 1,
    stride,
    inputs: [from.name],
  });
  return [
    ...(projected ? [shortcut] : []),
    conv(`${name}-conv1`, width, { stride, inputs: [from.name] }),
    conv(`${name}-conv2`, width, linear),
    {
      kind: "add",
      name: `${name}-add`,
      inputs: [`${name}-conv2`, projected ? shortcut.name : from.name],
      activation: "relu",
    },
  ];
}

/** `layers` is 6 n + 2, as the paper counts them. */
const resnet = (name: string, layers: number): Preset => ({
  summary: `ResNet-${layers}: a stem and ${(layers - 2) / 2} residual blocks of two 3x3 convolutions; 32x32x3`,
  build: build(name, (layers - 2) / 6),
});

export const resnetCifar = resnet("resnet-cifar", 20);
export const resnet20Cifar = resnet("resnet-20-cifar", 20);
export const resnet32Cifar = resnet("resnet-32-cifar", 32);
