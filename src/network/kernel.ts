import {
  type Activation,
  type Layer,
  type LayerKind,
  type LayerOf,
  type Padding,
  type Shape,
  type Window,
  windowSize,
  windowStride,
} from "./layer.ts";
import { type Network, type PlacedLayer, placeLayers } from "./network.ts";

/** Operations a runtime executes; named like the layer kinds they come from. */
export type KernelOp = LayerKind;

/**
 * One layer as the runtime executes it, with all its shapes (batch norm folded, activation fused). The window is 1 x 1 where
 * the operation has none, and the entries of its matrix where it propagates along a graph; its width and the step along it stand only where they differ from its height's.
 */
export interface Kernel extends Window {
  readonly op: KernelOp;
  readonly batch: number;
  readonly inHeight: number;
  readonly inWidth: number;
  readonly inChannels: number;
  readonly outChannels: number;
  readonly groups: number;
  readonly padding: Padding;
  /** Fused activation; for pool: "max" or "average". */
  readonly variant: Activation | "max" | "average";
  /** What it computes in. */
  readonly dtype: "float32" | "int8";
}

/** A kernel and the layer of a network that it executes. */
export interface LayerKernel {
  readonly layer: string;
  readonly kernel: Kernel;
}

/** Kernels of a network in execution order, one per layer. */
export function kernelsOf(network: Network, { batch = 1 } = {}): readonly LayerKernel[] {
  return placeLayers(network).map((placed) => ({
    layer: placed.layer.name,
    kernel: kernelOf(placed, batch),
  }));
}

/** How the runtime executes a placed layer. */
export function kernelOf({ layer, in: input, out }: PlacedLayer, batch: number): Kernel {
  const variant =
    "mode" in layer ? layer.mode : "activation" in layer ? layer.activation : "linear";
  return {
    op: layer.kind,
    batch,
    inHeight: input.height,
    inWidth: input.width,
    inChannels: input.channels,
    outChannels: out.channels,
    ...layerWindow(layer, input),
    groups:
      layer.kind === "depthwise_conv2d"
        ? input.channels
        : layer.kind === "channel_shuffle"
          ? layer.groups
          : 1,
    variant,
    dtype: "float32",
  };
}

/** Window and padding of a layer; one place where it has none. */
function layerWindow(layer: Layer, input: Shape): Window & Pick<Kernel, "padding"> {
  if (layer.kind === "propagate")
    return { ...propagationWindow(layer, input.height), padding: "same" };
  if ("kernelSize" in layer) return { ...windowOf(layer), padding: layer.padding };
  if (layer.kind === "pool")
    return { kernelSize: layer.size, stride: layer.stride, padding: layer.padding };
  return { kernelSize: 1, stride: 1, padding: "valid" };
}

/** The whole matrix as one column of its entries: every edge twice, and every node once. */
const propagationWindow = ({ edges }: LayerOf<"propagate">, nodes: number): Window => ({
  kernelSize: edges.length + nodes,
  kernelWidth: 1,
  stride: 1,
});

/** A window without what its height and step already say. */
export function windowOf(window: Window): Window {
  const [kernelSize, kernelWidth] = windowSize(window);
  const [stride, strideWidth] = windowStride(window);
  return {
    kernelSize,
    ...(kernelWidth === kernelSize ? {} : { kernelWidth }),
    stride,
    ...(strideWidth === stride ? {} : { strideWidth }),
  };
}

const edges = (height: number, width = height): string =>
  width === height ? `${height}` : `${height}x${width}`;

/** Canonical key: two kernels are the same exactly if their keys are. */
export function kernelKey(kernel: Kernel): string {
  return [
    kernel.op,
    `b${kernel.batch}`,
    `${kernel.inHeight}x${kernel.inWidth}x${kernel.inChannels}`,
    `o${kernel.outChannels}`,
    `k${edges(kernel.kernelSize, kernel.kernelWidth)}`,
    `s${edges(kernel.stride, kernel.strideWidth)}`,
    `g${kernel.groups}`,
    kernel.padding,
    kernel.variant,
    kernel.dtype,
  ].join("/");
}

/**
 * Key of a kernel's family: everything but its channel counts. Costs are interpolated along
 * channels inside one family, never between families.
 */
export function kernelFamily(kernel: Kernel): string {
  const grouped = kernel.groups > 1;
  return kernelKey({ ...kernel, inChannels: 0, outChannels: 0, groups: grouped ? 0 : 1 });
}
