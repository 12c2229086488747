import type { Network } from "../network.ts";

export interface GraphNetworkShape {
  readonly name: string;
  readonly nodes: number;
  readonly features: number;
  readonly classes: number;
  /** Both ends of every undirected edge, one edge after the other. */
  readonly edges: Iterable<number>;
  readonly hidden: number;
}

/**
 * A graph convolutional network of two layers (Kipf and Welling 2017): nodes are the rows of a one-column image, which holds A' X, since
 * that never changes; H = ReLU(A' X W1 + b1), and A' H W2 + b2 for every node.
 */
export function graphNetwork(shape: GraphNetworkShape): Network {
  const { name, nodes, features, classes, edges, hidden } = shape;
  const pointwise = {
    kind: "conv2d",
    kernelSize: 1,
    stride: 1,
    padding: "same",
    bias: true,
    batchNorm: false,
  } as const;
  return {
    name,
    input: { height: nodes, width: 1, channels: features },
    layers: [
      { ...pointwise, name: "hidden", width: hidden, activation: "relu" },
      { kind: "propagate", name: "propagated", edges: [...edges] },
      { ...pointwise, name: "logits", width: classes, activation: "linear" },
    ],
  };
}
