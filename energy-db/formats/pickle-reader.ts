import type { SourceFile } from "./foreign-table.ts";
import { PickleMachine, PickleProblem, type PickleValue } from "./pickle-machine.ts";
import { malformed } from "./source-text.ts";

/** Whether the bytes begin as Python's pickles do from protocol 2 on. */
export const isPickle = ({ bytes: [first, protocol = 0] }: SourceFile): boolean =>
  first === 0x80 && protocol >= 2 && protocol <= 5;

const frameLength = 9;

/** Whether such a pickle begins with this opcode: "]" a list, "}" a dictionary. */
export function pickleBegins(file: SourceFile, opcode: "]" | "}"): boolean {
  if (!isPickle(file)) return false;
  const { bytes } = file;
  const at = bytes[2] === 0x95 ? 2 + frameLength : 2;
  return bytes[at] === opcode.charCodeAt(0);
}

/**
 * Reads a pickle of plain data, protocols 0 to 5 (opcodes as listed in CPython's Lib/pickletools.py). Nothing is executed: the
 * only name that it may call is `collections.OrderedDict`, which becomes a dictionary. Throws a UserError that names the byte.
 */
export function readPickle(file: SourceFile): PickleValue {
  const source = new ByteSource(file.bytes);
  const machine = new PickleMachine();
  try {
    for (let code = source.byte(); code !== stop; code = source.byte()) {
      const opcode = opcodes[code];
      if (!opcode) throw new PickleProblem(`opcode 0x${code.toString(16)} makes something else`);
      opcode(machine, source);
    }
    return machine.pop(1)[0] ?? null;
  } catch (cause) {
    if (!(cause instanceof PickleProblem)) throw cause;
    throw malformed(
      file,
      `the pickle at byte ${source.at}`,
      `plain lists, dictionaries and numbers, but ${cause.message}`,
    );
  }
}

/** Numbers and texts, one after the other. */
class ByteSource {
  at = 0;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  byte = (): number => this.#next(1, (at) => this.#view.getUint8(at));
  uint16 = (): number => this.#next(2, (at) => this.#view.getUint16(at, true));
  int32 = (): number => this.#next(4, (at) => this.#view.getInt32(at, true));
  uint32 = (): number => this.#next(4, (at) => this.#view.getUint32(at, true));
  uint64 = (): number => this.#next(8, (at) => Number(this.#view.getBigUint64(at, true)));
  float64 = (): number => this.#next(8, (at) => this.#view.getFloat64(at));

  text(length: number): string {
    return this.#next(length, (at) => decoder.decode(this.#bytes.subarray(at, at + length)));
  }

  line(): string {
    const end = this.#bytes.indexOf(newLine, this.at);
    const text = this.text(end < 0 ? this.#bytes.length : end - this.at);
    this.at++;
    return text;
  }

  /** A whole number in two's complement, little end first. */
  long(length: number): number {
    if (length > 8) throw new PickleProblem("a whole number has more than 64 bits");
    const start = this.at;
    const value = this.#next(length, () =>
      this.#bytes
        .subarray(start, start + length)
        .reduceRight((sum, byte) => sum * 256n + BigInt(byte), 0n),
    );
    return wholeNumber(String(BigInt.asIntN(8 * length, value)));
  }

  #next<T>(length: number, read: (at: number) => T): T {
    if (length > this.#bytes.length - this.at) throw new PickleProblem("the file ends too early");
    const value = read(this.at);
    this.at += length;
    return value;
  }
}

const decoder = new TextDecoder();
const newLine = 0x0a;
const stop = 0x2e;

function wholeNumber(text: string): number {
  const value = text.trim() === "" ? Number.NaN : Number(text.replace(/L$/, ""));
  if (!Number.isSafeInteger(value)) throw new PickleProblem(`${text} is no exact whole number`);
  return value;
}

function floatOf(text: string): number {
  const value = text.trim() === "" ? Number.NaN : Number(text);
  if (!Number.isFinite(value)) throw new PickleProblem(`${text} is no number`);
  return value;
}

/** Texts of protocol 0 stand in quotes, where nothing that a table needs is escaped. */
function unquoted(text: string): string {
  const match = /^'([^'\\]*)'$|^"([^"\\]*)"$/.exec(text);
  if (!match) throw new PickleProblem("a text is not in plain quotes");
  return match[1] ?? match[2] ?? "";
}

/** Protocol 0 writes true and false as whole numbers. */
const intOrTruth = (text: string): PickleValue =>
  text === "00" || text === "01" ? text === "01" : wholeNumber(text);

type Opcode = (machine: PickleMachine, source: ByteSource) => void;

const named: Readonly<Record<string, Opcode>> = {
  "\x80": (_, source) => source.byte(), // PROTO
  "\x95": (_, source) => source.uint64(), // FRAME
  "(": (machine) => machine.mark(),
  "0": (machine) => machine.pop(1),
  N: (machine) => machine.push(null),
  "\x88": (machine) => machine.push(true),
  "\x89": (machine) => machine.push(false),
  I: (machine, source) => machine.push(intOrTruth(source.line())),
  L: (machine, source) => machine.push(wholeNumber(source.line())),
  J: (machine, source) => machine.push(source.int32()),
  K: (machine, source) => machine.push(source.byte()),
  M: (machine, source) => machine.push(source.uint16()),
  "\x8a": (machine, source) => machine.push(source.long(source.byte())),
  F: (machine, source) => machine.push(floatOf(source.line())),
  G: (machine, source) => machine.push(source.float64()),
  S: (machine, source) => machine.push(unquoted(source.line())),
  V: (machine, source) => machine.push(source.line()),
  U: (machine, source) => machine.push(source.text(source.byte())),
  T: (machine, source) => machine.push(source.text(source.uint32())),
  X: (machine, source) => machine.push(source.text(source.uint32())),
  "\x8c": (machine, source) => machine.push(source.text(source.byte())),
  "\x8d": (machine, source) => machine.push(source.text(source.uint64())),
  ")": (machine) => machine.pushSequence("tuple", []),
  t: (machine) => machine.pushSequence("tuple", machine.popToMark()),
  "\x85": (machine) => machine.pushSequence("tuple", machine.pop(1)),
  "\x86": (machine) => machine.pushSequence("tuple", machine.pop(2)),
  "\x87": (machine) => machine.pushSequence("tuple", machine.pop(3)),
  "]": (machine) => machine.pushSequence("list", []),
  l: (machine) => machine.pushSequence("list", machine.popToMark()),
  a: (machine) => machine.append(machine.pop(1)),
  e: (machine) => machine.append(machine.popToMark()),
  "}": (machine) => machine.pushDict([]),
  d: (machine) => machine.pushDict(machine.popToMark()),
  s: (machine) => machine.set(machine.pop(2)),
  u: (machine) => machine.set(machine.popToMark()),
  p: (machine, source) => machine.store(wholeNumber(source.line())),
  q: (machine, source) => machine.store(source.byte()),
  r: (machine, source) => machine.store(source.uint32()),
  "\x94": (machine) => machine.store(),
  g: (machine, source) => machine.recall(wholeNumber(source.line())),
  h: (machine, source) => machine.recall(source.byte()),
  j: (machine, source) => machine.recall(source.uint32()),
  c: (machine, source) => machine.global(source.line(), source.line()),
  "\x93": (machine) => {
    const [module = null, name = null] = machine.pop(2);
    machine.global(module, name);
  },
  R: (machine) => machine.call(),
};

const opcodes: readonly (Opcode | undefined)[] = Array.from(
  { length: 256 },
  (_, code) => named[String.fromCharCode(code)],
);
