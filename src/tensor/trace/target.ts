/** Where rival lowerings of the same computation meet: measured, so a wrong one costs time and never correctness. */
export interface Borders {
  /** Below so many input channels a filter gradient's products per tap are too thin and are done as one. */
  readonly thinChannels: number;
  /** From so many channels on rows of channels are longer than rows of pixels. */
  readonly wideChannels: number;
  /** Up to so many pairs of input and output pixels a depthwise filter is spread out as one matrix. */
  readonly toeplitzEntries: number;
  /** Up to this width rows of pixels are multiplied whole to get a depthwise filter's gradient. */
  readonly rowWidth: number;
  /** From so many output pixels times taps on a filter gradient is one blocked convolution ... */
  readonly gradientTaps: number;
  /** ... up to so many values of the gradient per output pixel. */
  readonly gradientValuesPerPixel: number;
  /** Up to so many values state that moves alike is packed into one vector. */
  readonly packedValues: number;
}

/** What the graph is written for: the provider that will run it, and what is fast there. */
export interface GraphTarget {
  readonly provider: "cpu" | "webgpu" | "cuda";
  /** Channels per block of ONNX Runtime's blocked convolutions; absent where it has none. */
  readonly block?: number;
  readonly threads: number;
  /** MaxPool tells where its maxima stood: every provider but WebGPU. */
  readonly poolIndices: boolean;
  readonly borders: Borders;
}

/** Fitted on one AMD EPYC with AVX-512 by `bench lowering --fit` (docs/engine.md, borders). */
const borders: Borders = {
  thinChannels: 8,
  wideChannels: 64,
  toeplitzEntries: 4096,
  rowWidth: 64,
  gradientTaps: 64,
  gradientValuesPerPixel: 4608,
  packedValues: 16384,
};

/** The defaults for a provider; a block size and the number of threads come from the machine at hand. */
export const targetFor = (
  provider: GraphTarget["provider"],
  { threads = 1, block }: { readonly threads?: number; readonly block?: number | undefined } = {},
): GraphTarget => ({
  provider,
  threads,
  ...(block ? { block } : {}),
  poolIndices: provider !== "webgpu",
  borders,
});
