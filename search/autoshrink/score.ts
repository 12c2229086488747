/**
 * What AutoShrink's release pays for cells (arXiv 1911.09251): quality against the logarithm of their work, so that a cell of a
 * tenth of the work may be `perDecade` worse.
 */
const decadesAboveMillion = (work: number): number => Math.log10(work) - 6;

/** Score of a convolutional cell: held-out accuracy (0 to 1) less ten points for every decade of MACs. */
export const convolutionalScore = (accuracy: number, macs: number): number =>
  accuracy - 0.1 * decadesAboveMillion(macs);

/**
 * Score of a recurrent cell: a quarter for every point of held-out perplexity below 200, less one for every decade of
 * edges x hiddenSize^2. That is the release's count of work: the input's matrix, both halves of gates and the decoder are left out.
 */
export const recurrentScore = (
  perplexity: number,
  { edges, hiddenSize }: { readonly edges: number; readonly hiddenSize: number },
): number => 0.25 * (200 - perplexity) - decadesAboveMillion(edges * hiddenSize ** 2);
