/** What is written as a pickle: a Map is a dictionary, an array of a Map's key a tuple, any other array a list. */
export type Picklable =
  | number
  | string
  | readonly Picklable[]
  | ReadonlyMap<number | string | readonly number[], Picklable>;

/** Plain data as a pickle of protocol 2, which every Python 3 reads. Whole numbers of 32 bits stay whole. */
export function writePickle(value: Picklable): Uint8Array {
  const parts: Uint8Array[] = [Uint8Array.of(0x80, 2)];
  write(value, parts);
  parts.push(opcode("."));
  return Buffer.concat(parts);
}

const opcode = (text: string): Uint8Array => Buffer.from(text, "latin1");

function write(value: Picklable, parts: Uint8Array[]): void {
  if (typeof value === "number") parts.push(numberBytes(value));
  else if (typeof value === "string") parts.push(textBytes(value));
  else if (value instanceof Map) {
    parts.push(opcode("}("));
    for (const [key, own] of value) {
      writeKey(key, parts);
      write(own, parts);
    }
    parts.push(opcode("u"));
  } else {
    parts.push(opcode("]("));
    for (const item of value as readonly Picklable[]) write(item, parts);
    parts.push(opcode("e"));
  }
}

function writeKey(key: number | string | readonly number[], parts: Uint8Array[]): void {
  if (typeof key !== "object") {
    write(key, parts);
    return;
  }
  parts.push(opcode("("));
  for (const item of key) write(item, parts);
  parts.push(opcode("t"));
}

function numberBytes(value: number): Uint8Array {
  // A whole number has no minus zero.
  const isInt = Number.isInteger(value) && Math.abs(value) < 2 ** 31 && !Object.is(value, -0);
  const bytes = Buffer.alloc(isInt ? 5 : 9);
  bytes.write(isInt ? "J" : "G", "latin1");
  if (isInt) bytes.writeInt32LE(value, 1);
  else bytes.writeDoubleBE(value, 1);
  return bytes;
}

function textBytes(text: string): Uint8Array {
  const encoded = Buffer.from(text);
  const head = Buffer.alloc(5);
  head.write("X", "latin1");
  head.writeUInt32LE(encoded.length, 1);
  return Buffer.concat([head, encoded]);
}
