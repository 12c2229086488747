import type { Random } from "../../random.ts";
import type { Wiring } from "./wiring.ts";

export const nodeActivations = ["relu", "sigmoid", "tanh", "identity"] as const;
export type NodeActivation = (typeof nodeActivations)[number];

/** A recurrent cell: highway gates along the edges, of one hidden size (AutoShrink, arXiv 1911.09251, as its release does). */
export interface RecurrentCell {
  readonly wiring: Wiring;
  /** Of nodes 1 to N - 1; node 0 joins the word and the state before. */
  readonly activations: readonly NodeActivation[];
}

/** Drawn uniformly and independently for every node (AutoShrink's release). */
export const drawActivations = (nodes: number, random: Random): readonly NodeActivation[] =>
  Array.from(
    { length: nodes - 1 },
    () => nodeActivations[random.below(nodeActivations.length)] as NodeActivation,
  );

/**
 * Weights of a language model of one cell: word vectors, which the decoder shares, the matrix of node 0 (2 d x 2 d) and one per
 * edge (d x 2 d), for hidden size d. Biases are not counted.
 */
export const languageModelParameters = (
  { wiring }: RecurrentCell,
  { hiddenSize, words }: { readonly hiddenSize: number; readonly words: number },
): number => words * hiddenSize + 4 * hiddenSize ** 2 + 2 * wiring.edges.length * hiddenSize ** 2;

/**
 * Multiply-accumulates of one word: the matrices of node 0 and of the edges, and the decoder, which scores every word. Each weight is used
 * once; to look a word's vector up takes none.
 */
export const languageModelMacs = (
  cell: RecurrentCell,
  size: { readonly hiddenSize: number; readonly words: number },
): number => languageModelParameters(cell, size);
