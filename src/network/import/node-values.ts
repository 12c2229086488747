import type { OutlineAttribute, OutlineNode } from "../../onnx/index.ts";

/** What is known of a value before the model runs. */
export interface KnownValue {
  /** As ONNX has it: images [batch, channels, height, width]. */
  readonly shape: readonly number[];
  /** Of small whole-number tensors, such as the shapes that exporters compute. */
  readonly values?: readonly number[];
}

export type Known = ReadonlyMap<string, KnownValue>;

export const sizeOf = (shape: readonly number[]): number =>
  shape.reduce((product, length) => product * length, 1);

/** Its attributes, with defaults. */
export const attributes = (node: OutlineNode) => {
  const of = (name: string): OutlineAttribute | undefined => node.attributes.get(name);
  return {
    number: (name: string, otherwise: number): number => {
      const value = of(name);
      return typeof value === "number" ? value : otherwise;
    },
    text: (name: string, otherwise: string): string => {
      const value = of(name);
      return typeof value === "string" ? value : otherwise;
    },
    list: (name: string): readonly number[] | undefined => {
      const value = of(name);
      return Array.isArray(value) ? value : undefined;
    },
  };
};

/** A window over an image: kernel, strides, padding before and after, by axis. */
export interface ImageWindow {
  readonly size: readonly [number, number];
  readonly strides: readonly [number, number];
  /** top, left, bottom, right */
  readonly pads: readonly number[];
  readonly dilations: readonly [number, number];
}

/** The window of a Conv or pooling node over an image. */
export function windowOf(
  node: OutlineNode,
  image: readonly number[],
  size: readonly number[],
): ImageWindow {
  const { list, text } = attributes(node);
  const pair = (name: string): readonly [number, number] => {
    const [first = 1, second = first] = list(name) ?? [1, 1];
    return [first, second];
  };
  const [height = 1, width = 1] = size;
  const strides = pair("strides");
  const dilations = pair("dilations");
  const given = list("pads") ?? [0, 0, 0, 0];
  const automatic = text("auto_pad", "NOTSET");
  const window = { size: [height, width], strides, dilations } as const;
  if (!automatic.startsWith("SAME")) return { ...window, pads: given };
  const missing = [0, 1].map((axis) => {
    const length = image[2 + axis] ?? 1;
    const stride = strides[axis] ?? 1;
    const reach = ((size[axis] ?? 1) - 1) * (dilations[axis] ?? 1) + 1;
    return Math.max(0, (Math.ceil(length / stride) - 1) * stride + reach - length);
  });
  const [first, last] = [
    missing.map((n) => Math.floor(n / 2)),
    missing.map((n) => Math.ceil(n / 2)),
  ];
  const order = automatic === "SAME_LOWER" ? [...last, ...first] : [...first, ...last];
  return { ...window, pads: order };
}

/** Height and width of what a window gives. */
export function outputSize(
  image: readonly number[],
  { size, strides, pads, dilations }: ImageWindow,
  { ceil = false } = {},
): readonly [number, number] {
  const [height, width] = [0, 1].map((axis) => {
    const padded = (image[2 + axis] ?? 1) + (pads[axis] ?? 0) + (pads[2 + axis] ?? 0);
    const reach = ((size[axis] ?? 1) - 1) * (dilations[axis] ?? 1) + 1;
    return Math[ceil ? "ceil" : "floor"]((padded - reach) / (strides[axis] ?? 1)) + 1;
  });
  return [height ?? 1, width ?? 1];
}
