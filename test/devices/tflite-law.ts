import type { OperatorOutline } from "../../src/tflite/index.ts";

const product = (shape: readonly number[]): number => shape.reduce((size, n) => size * n, 1);
/** Channels come in eights: widths in between cost as much as the next multiple. */
const eights = (width: number): number => 8 * Math.ceil(width / 8);

/** The law of the stand-in: a start of each operator, and its arithmetic at a rate that depends on its kind. */
function operator_s({ op, inputs: [input, filter], output }: OperatorOutline): number {
  const [, , , channels = 1] = output.shape;
  const positions = product(output.shape) / channels;
  const [, height = 1, width = 1] = filter?.shape ?? [];
  const inner = input?.shape.at(-1) ?? 1;
  switch (op) {
    case "conv2d":
      return 2e-6 + (positions * eights(channels) * height * width * inner) / 5e9;
    case "depthwise_conv2d":
      return 1.5e-6 + (positions * eights(channels) * height * width) / 1.5e9;
    case "fully_connected":
      return 1e-6 + (inner * eights(channels)) / 3e9;
    case "reshape":
      return 1e-7;
    default:
      return 1e-6 + product(input?.shape ?? []) / 2e9;
  }
}
/** What the stand-in for benchmark_model follows. */
export const law = { operator_s, call_s: 5e-6 };
