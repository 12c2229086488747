/** Shapes of an image operation, as other tools' keys give them. */
export interface ConvolutionShape {
  readonly height: number;
  readonly width: number;
  readonly stride: number;
}

/** Output positions under "same" padding. */
const positions = ({ height, width, stride }: ConvolutionShape): number =>
  Math.ceil(height / stride) * Math.ceil(width / stride);

export interface ConvolutionSize extends ConvolutionShape {
  readonly kernel: number;
  readonly inChannels: number;
  readonly outChannels: number;
  readonly groups?: number;
}

export const convolutionMacs = (size: ConvolutionSize): number =>
  (positions(size) * size.kernel ** 2 * size.inChannels * size.outChannels) / (size.groups ?? 1);

/** An inverted bottleneck: expansion where the widths differ, depthwise, projection; squeeze-and-excitation not counted. */
export function blockMacs(
  size: Omit<ConvolutionSize, "groups"> & { readonly midChannels: number },
): number {
  const { height, width, kernel, inChannels, midChannels, outChannels } = size;
  const expansion = midChannels === inChannels ? 0 : height * width * inChannels * midChannels;
  return expansion + positions(size) * midChannels * (kernel ** 2 + outChannels);
}
