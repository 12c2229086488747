import { ByteBuffer } from "flatbuffers";
import type { TfliteNode, TfliteType } from "./graph.ts";
import {
  fileIdentifier,
  modelFields,
  operatorCodeFields,
  operatorCodes,
  operatorFields,
  subgraphFields,
  tensorFields,
  tensorTypes,
} from "./schema.ts";

interface TensorOutline {
  readonly name: string;
  readonly type: TfliteType;
  readonly shape: readonly number[];
}

/** An operator of a model file, without its options and constants. */
export interface OperatorOutline {
  readonly op: TfliteNode["op"];
  readonly inputs: readonly TensorOutline[];
  readonly output: TensorOutline;
}

/** The operators of a model that `encodeTflite` wrote, in the order they run. */
export function readOperators(bytes: Uint8Array): readonly OperatorOutline[] {
  const buffer = new ByteBuffer(bytes);
  if (!buffer.__has_identifier(fileIdentifier)) throw new Error("The file is no TFLite model");
  const model = new Table(buffer, buffer.readInt32(0));
  const codes = model.tables(modelFields.operatorCodes);
  const [subgraph] = model.tables(modelFields.subgraphs);
  if (!subgraph) throw new Error("The TFLite model has no graph");
  const tensors = subgraph.tables(subgraphFields.tensors).map(
    (tensor): TensorOutline => ({
      name: tensor.text(tensorFields.name),
      type: named(tensorTypes, tensor.byte(tensorFields.type)),
      shape: tensor.integers(tensorFields.shape),
    }),
  );
  const tensorAt = (number: number): TensorOutline => tensors[number] ?? missing("tensor", number);
  return subgraph.tables(subgraphFields.operators).map((operator) => {
    const index = operator.integer(operatorFields.opcodeIndex);
    const code = codes[index] ?? missing("operator code", index);
    const [output = -1] = operator.integers(operatorFields.outputs);
    return {
      op: named(operatorCodes, code.integer(operatorCodeFields.builtinCode)),
      inputs: operator.integers(operatorFields.inputs).map(tensorAt),
      output: tensorAt(output),
    };
  });
}

/** One table of the file; a field that was not written has the schema's default, 0 for all that are read here. */
class Table {
  readonly #buffer: ByteBuffer;
  readonly #at: number;

  constructor(buffer: ByteBuffer, at: number) {
    this.#buffer = buffer;
    this.#at = at;
  }

  integer = (field: number): number => this.#read(field, (at) => this.#buffer.readInt32(at)) ?? 0;
  byte = (field: number): number => this.#read(field, (at) => this.#buffer.readInt8(at)) ?? 0;
  text = (field: number): string =>
    String(this.#read(field, (at) => this.#buffer.__string(at)) ?? "");
  integers = (field: number): readonly number[] =>
    this.#elements(field, (at) => this.#buffer.readInt32(at));
  tables = (field: number): readonly Table[] =>
    this.#elements(field, (at) => new Table(this.#buffer, this.#buffer.__indirect(at)));

  #read<T>(field: number, read: (at: number) => T): T | undefined {
    // The first two entries of a table's own index are sizes.
    const offset = this.#buffer.__offset(this.#at, 4 + 2 * field);
    return offset === 0 ? undefined : read(this.#at + offset);
  }

  #elements<T>(field: number, element: (at: number) => T): readonly T[] {
    const elements = this.#read(field, (at) => {
      const first = this.#buffer.__vector(at);
      return Array.from({ length: this.#buffer.__vector_len(at) }, (_, i) =>
        element(first + 4 * i),
      );
    });
    return elements ?? [];
  }
}

function named<K extends string>(numbers: Readonly<Record<K, number>>, number: number): K {
  const found = Object.entries(numbers).find(([, value]) => value === number);
  return found ? (found[0] as K) : missing("name for", number);
}

function missing(what: string, number: number): never {
  throw new Error(`The TFLite model has no ${what} ${number}`);
}
