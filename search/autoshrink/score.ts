/**
 * What AutoShrink's release pays for cells (arXiv 1911.09251): quality against the logarithm of their work, so that a cell of a
 * tenth of the work may be `perDecade` worse.
 */
const decades = (amount: number, unit: number): number => Math.log10(amount / unit);

/** What a convolutional cell can be charged for, and the amounts that cost it nothing. MACs are the release's choice. */
const units = { macs: 1e6, latency_s: 1e-6, energy_j: 1e-6 } as const;
export type CellPrice = keyof typeof units;

/** Score of a convolutional cell: held-out accuracy (0 to 1) less ten points for every decade of cost. */
export const convolutionalScore = (accuracy: number, price: CellPrice, amount: number): number =>
  accuracy - 0.1 * decades(amount, units[price]);

/**
 * Score of a recurrent cell: a quarter for every point of held-out perplexity below 200, less one for every decade of
 * edges x hiddenSize^2. That is the release's count of work: the input's matrix, both halves of gates and the decoder are left out.
 */
export const recurrentScore = (
  perplexity: number,
  { edges, hiddenSize }: { readonly edges: number; readonly hiddenSize: number },
): number => 0.25 * (200 - perplexity) - decades(edges * hiddenSize ** 2, 1e6);
