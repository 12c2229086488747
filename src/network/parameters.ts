import { type LayerKind, windowSize } from "./layer.ts";
import { type Network, type PlacedLayer, placeLayers } from "./network.ts";

export type ParameterRole =
  | "kernel"
  | "bias"
  | "gamma"
  | "beta"
  | "moving_mean"
  | "moving_variance";

/** One array of a network's weights; called `layer/role`. */
export interface Parameter {
  readonly name: string;
  readonly layer: string;
  readonly role: ParameterRole;
  /** conv2d [rows, columns, in, out], depthwise_conv2d [rows, columns, channels, 1], dense [in, out], others [channels]. */
  readonly shape: readonly number[];
  /** False for batch norm's moving statistics, which training updates without a gradient. */
  readonly trainable: boolean;
}

/** Weights by parameter name; shapes follow from the network. */
export type Weights = ReadonlyMap<string, Float32Array>;

/** Batch norm: y = gamma (x - mean) / sqrt(variance + epsilon) + beta, per channel. */
export const batchNormEpsilon = 1e-5;

const kernelShapes: {
  readonly [K in LayerKind]: (placed: PlacedLayer<K>) => readonly number[] | undefined;
} = {
  conv2d: ({ layer, in: input }) => [...windowSize(layer), input.channels, layer.width],
  depthwise_conv2d: ({ layer, in: input }) => [...windowSize(layer), input.channels, 1],
  dense: ({ layer, in: input }) => [input.channels, layer.width],
  pool: () => undefined,
  global_pool: () => undefined,
  add: () => undefined,
  concat: () => undefined,
  multiply: () => undefined,
  channel_slice: () => undefined,
  channel_shuffle: () => undefined,
  propagate: () => undefined,
};

/** Every parameter of the network, in layer order. */
export function parametersOf(network: Network): readonly Parameter[] {
  return placeLayers(network).flatMap((placed) => {
    const shapeOf = kernelShapes[placed.layer.kind] as (
      placed: PlacedLayer,
    ) => readonly number[] | undefined;
    const shape = shapeOf(placed);
    const { layer } = placed;
    if (!shape) return [];
    const perChannel = [placed.out.channels];
    const parameter = (
      role: ParameterRole,
      of: readonly number[],
      trainable = true,
    ): Parameter => ({
      name: `${layer.name}/${role}`,
      layer: layer.name,
      role,
      shape: of,
      trainable,
    });
    return [
      parameter("kernel", shape),
      ...("bias" in layer && layer.bias ? [parameter("bias", perChannel)] : []),
      ...("batchNorm" in layer && layer.batchNorm
        ? [
            parameter("gamma", perChannel),
            parameter("beta", perChannel),
            parameter("moving_mean", perChannel, false),
            parameter("moving_variance", perChannel, false),
          ]
        : []),
    ];
  });
}
