import type { Layer } from "./layer.ts";
import { type Network, type PlacedLayer, placeLayers } from "./network.ts";
import { batchNormEpsilon, type Weights } from "./parameters.ts";

/** Filter and bias of a layer with batch norm folded in; the filter stays in the order of the network's own kernel. */
export interface FoldedWeights {
  readonly kernel: Float32Array;
  /** [out] */
  readonly bias: Float32Array;
}

/** W' = W gamma / sqrt(variance + epsilon), b' = beta + (b - mean) gamma / sqrt(variance + epsilon), per output channel. */
export function foldWeights(
  { layer, out }: PlacedLayer<"conv2d" | "depthwise_conv2d" | "dense">,
  weights: Weights,
): FoldedWeights {
  const read = (role: string) => weights.get(`${layer.name}/${role}`);
  const kernel = read("kernel");
  if (!kernel) throw new Error(`No weights for layer "${layer.name}"`);
  const [mean, variance, gamma, beta] = [
    read("moving_mean"),
    read("moving_variance"),
    read("gamma"),
    read("beta"),
  ];
  const outputs = out.channels;
  const scale = Float32Array.from({ length: outputs }, (_, o) =>
    gamma && variance ? (gamma[o] ?? 1) / Math.sqrt((variance[o] ?? 1) + batchNormEpsilon) : 1,
  );
  const ownBias = read("bias");
  const bias = Float32Array.from(
    { length: outputs },
    (_, o) => (beta?.[o] ?? 0) + (scale[o] ?? 1) * ((ownBias?.[o] ?? 0) - (mean?.[o] ?? 0)),
  );
  return { kernel: kernel.map((value, i) => value * (scale[i % outputs] ?? 1)), bias };
}

type Normalised = Extract<Layer, { readonly batchNorm: boolean }>;

const isNormalised = (layer: Layer): layer is Normalised => "batchNorm" in layer && layer.batchNorm;

/** The network that computes the same outside training once its weights are folded: biases in place of batch norm. */
export const withoutBatchNorm = (network: Network): Network => ({
  ...network,
  layers: network.layers.map((layer) =>
    isNormalised(layer) ? { ...layer, batchNorm: false, bias: true } : layer,
  ),
});

/** The weights of `withoutBatchNorm`. */
export function foldBatchNorm(network: Network, weights: Weights): Weights {
  const folded = new Map(weights);
  for (const placed of placeLayers(network)) {
    const { layer } = placed;
    if (!isNormalised(layer)) continue;
    const { kernel, bias } = foldWeights({ ...placed, layer }, weights);
    for (const role of ["gamma", "beta", "moving_mean", "moving_variance"])
      folded.delete(`${layer.name}/${role}`);
    folded.set(`${layer.name}/kernel`, kernel).set(`${layer.name}/bias`, bias);
  }
  return folded;
}

/** [position, inner, out] to [out, position, inner] or, with `innerFirst`, to [out, inner, position]. */
export function outputsFirst(
  kernel: Float32Array,
  { positions, inner, outputs }: { positions: number; inner: number; outputs: number },
  { innerFirst }: { innerFirst: boolean },
): Float32Array {
  const moved = new Float32Array(kernel.length);
  for (let position = 0; position < positions; position++)
    for (let i = 0; i < inner; i++)
      for (let o = 0; o < outputs; o++) {
        const place = innerFirst ? i * positions + position : position * inner + i;
        moved[o * positions * inner + place] = kernel[(position * inner + i) * outputs + o] ?? 0;
      }
  return moved;
}
