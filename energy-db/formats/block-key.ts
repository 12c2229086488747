/** Keys of block tables: `MBConv-input:56x56x24-output:28x28x40-expand:6-kernel:3-stride:2-idskip:0-se:0-hs:1`. */
export interface BlockKey {
  readonly type: string;
  readonly input: Size;
  readonly output: Size;
  readonly flags: Readonly<Partial<Record<BlockFlag, number>>>;
}

/** An image, or a vector's length. */
type Size = readonly [height: number, width: number, channels: number] | readonly [number];

const flagNames = ["expand", "kernel", "stride", "idskip", "se", "hs"] as const;
export type BlockFlag = (typeof flagNames)[number];

const grammar =
  /^([A-Za-z][A-Za-z0-9_]*)-input:(\d+(?:x\d+x\d+)?)-output:(\d+(?:x\d+x\d+)?)((?:-[a-z]+:\d+)*)$/;

/** Undefined where the text is no such key. */
export function parseBlockKey(text: string): BlockKey | undefined {
  const match = grammar.exec(text);
  if (!match) return undefined;
  const [, type = "", input = "", output = "", rest = ""] = match;
  const flags: Partial<Record<BlockFlag, number>> = {};
  for (const [, name, value] of rest.matchAll(/-([a-z]+):(\d+)/g)) {
    const flag = flagNames.find((known) => known === name);
    if (!flag || flag in flags) return undefined;
    flags[flag] = Number(value);
  }
  return { type, input: sizeOf(input), output: sizeOf(output), flags };
}

function sizeOf(text: string): Size {
  const [first = 0, second, third] = text.split("x").map(Number);
  return second === undefined || third === undefined ? [first] : [first, second, third];
}

export const formatBlockKey = ({ type, input, output, flags }: BlockKey): string =>
  [
    `${type}-input:${input.join("x")}-output:${output.join("x")}`,
    ...flagNames.flatMap((name) => (flags[name] === undefined ? [] : [`${name}:${flags[name]}`])),
  ].join("-");

/** A vector is an image of one pixel. */
export const imageOf = (size: Size): readonly [height: number, width: number, channels: number] =>
  size.length === 1 ? [1, 1, size[0]] : size;
