/** The layer union. A new kind is one member here and one row in every total table the compiler then names. */

export const activations = [
  "linear",
  "relu",
  "relu6",
  "swish",
  "tanh",
  "sigmoid",
  "softplus",
] as const;
export type Activation = (typeof activations)[number];

/** TensorFlow's rules: "same" keeps ceil(size / stride), the odd pixel of padding going to the end. */
export type Padding = "same" | "valid";

/** Height, width and channels of one image; a vector is 1 x 1 x C. */
export interface Shape {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

/** A window over an image and its step, in rows, and in columns where these differ. */
export interface Window {
  readonly kernelSize: number;
  readonly kernelWidth?: number;
  readonly stride: number;
  readonly strideWidth?: number;
}

/** Rows and columns of a window. */
export const windowSize = ({
  kernelSize,
  kernelWidth = kernelSize,
}: Pick<Window, "kernelSize" | "kernelWidth">): readonly [number, number] => [
  kernelSize,
  kernelWidth,
];

/** Rows and columns that a window moves by. */
export const windowStride = ({
  stride,
  strideWidth = stride,
}: Pick<Window, "stride" | "strideWidth">): readonly [number, number] => [stride, strideWidth];

/** Places in a window. */
export function windowArea(window: Pick<Window, "kernelSize" | "kernelWidth">): number {
  const [height, width] = windowSize(window);
  return height * width;
}

interface Common {
  readonly name: string;
  /** Names of the layers read; the layer before (or the network's input) when absent. */
  readonly inputs?: readonly string[];
}

export interface Conv2dLayer extends Common, Window {
  readonly kind: "conv2d";
  /** Output channels: the neurons of the layer. */
  readonly width: number;
  readonly padding: Padding;
  readonly bias: boolean;
  readonly batchNorm: boolean;
  readonly activation: Activation;
}

/** Channel multiplier 1; its width is its producer's. */
export interface DepthwiseConv2dLayer extends Common, Window {
  readonly kind: "depthwise_conv2d";
  readonly padding: Padding;
  readonly bias: boolean;
  readonly batchNorm: boolean;
  readonly activation: Activation;
}

/** Fully connected; reads a vector (1 x 1 x C). */
export interface DenseLayer extends Common {
  readonly kind: "dense";
  readonly width: number;
  readonly bias: boolean;
  readonly activation: Activation;
}

export interface PoolLayer extends Common {
  readonly kind: "pool";
  readonly mode: "max" | "average";
  readonly size: number;
  readonly stride: number;
  readonly padding: Padding;
}

/** Mean over all positions: H x W x C to 1 x 1 x C. */
export interface GlobalPoolLayer extends Common {
  readonly kind: "global_pool";
}

/** Sum of two layers of equal shape, then the activation: a residual connection. */
export interface AddLayer extends Common {
  readonly kind: "add";
  readonly inputs: readonly [string, string];
  readonly activation: Activation;
}

/** The channels of two or more layers of equal height and width, one after the other. */
export interface ConcatLayer extends Common {
  readonly kind: "concat";
  readonly inputs: readonly [string, string, ...string[]];
}

/** An image times one factor per channel: `inputs` are the image and a vector (1 x 1 x C) of as many channels. */
export interface MultiplyLayer extends Common {
  readonly kind: "multiply";
  readonly inputs: readonly [string, string];
}

/** One of `parts` equal runs of the channels, counted from 0. */
export interface ChannelSliceLayer extends Common {
  readonly kind: "channel_slice";
  readonly part: number;
  readonly parts: number;
}

/**
 * The channels as `groups` equal runs, dealt out in turns: output o is input (o mod groups) C / groups + floor(o / groups)
 * (Zhang et al. 2018, figure 1c).
 */
export interface ChannelShuffleLayer extends Common {
  readonly kind: "channel_shuffle";
  readonly groups: number;
}

/**
 * A' x for the nodes of a graph, which are the rows of a one-column image: A' = D^-1/2 (A + I) D^-1/2 (Kipf and Welling 2017). `edges` are
 * both ends of every undirected edge, one edge after the other, each once, no loops.
 */
export interface PropagateLayer extends Common {
  readonly kind: "propagate";
  readonly edges: readonly number[];
}

/** Input channel of every output channel of a shuffle. */
export const shuffledChannels = (
  { groups }: ChannelShuffleLayer,
  channels: number,
): readonly number[] =>
  Array.from(
    { length: channels },
    (_, o) => (o % groups) * (channels / groups) + Math.floor(o / groups),
  );

export type Layer =
  | Conv2dLayer
  | DepthwiseConv2dLayer
  | DenseLayer
  | PoolLayer
  | GlobalPoolLayer
  | AddLayer
  | ConcatLayer
  | MultiplyLayer
  | ChannelSliceLayer
  | ChannelShuffleLayer
  | PropagateLayer;

export type LayerKind = Layer["kind"];
export type LayersByKind = { readonly [L in Layer as L["kind"]]: L };
export type LayerOf<K extends LayerKind> = LayersByKind[K];

/** Layers with neurons of their own. */
export type WideLayer = Conv2dLayer | DenseLayer;
export const isWide = (layer: Layer): layer is WideLayer => "width" in layer;
