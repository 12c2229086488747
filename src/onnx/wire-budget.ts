import protobuf from "protobufjs";
import { UserError } from "../errors.ts";

/**
 * Fields and bytes of text and numbers, weights apart, that a model may have. MobileNetV2 has about 10,000; a parsed
 * field takes at most about 200 bytes of memory.
 */
const most = 2 ** 21;

/**
 * Walks the wire format once, without building anything, and throws a UserError for a structure too large to be a
 * classifier's: a file of empty nodes would take a hundred times its size in memory. Fields that `type` does not know
 * are skipped, as the parser skips them. Throws protobufjs's errors on truncated bytes.
 */
export function requireSmallStructure(bytes: Uint8Array, type: protobuf.Type): void {
  const reader = protobuf.Reader.create(bytes);
  const budget = { left: most };
  walk(reader, bytes.length, type, budget);
}

function walk(
  reader: protobuf.Reader,
  end: number,
  type: protobuf.Type,
  budget: { left: number },
): void {
  while (reader.pos < end) {
    spend(budget, 1);
    const tag = reader.uint32();
    const wireType = tag & 7;
    if (wireType === lengthDelimited) enter(reader, end, type.fieldsById[tag >>> 3], budget);
    else reader.skipType(wireType);
  }
}

/** A message is walked, text and numbers are paid for, weights and what nobody reads are skipped. */
function enter(
  reader: protobuf.Reader,
  end: number,
  field: protobuf.Field | undefined,
  budget: { left: number },
): void {
  const length = reader.uint32();
  const fieldEnd = reader.pos + length;
  if (fieldEnd > end) throw new RangeError(`field of ${length} bytes at ${reader.pos}`);
  const message = field?.resolve().resolvedType;
  if (message instanceof protobuf.Type) walk(reader, fieldEnd, message, budget);
  else if (field && field.type !== "bytes") spend(budget, length);
  reader.pos = fieldEnd;
}

const lengthDelimited = 2;

function spend(budget: { left: number }, count: number): void {
  budget.left -= count;
  if (budget.left < 0)
    throw new UserError(`The ONNX model's structure has more than ${most} fields`, {
      hint: "Give one classifier: a graph of layers with its weights as initialisers, not as lists in attributes.",
      exit: "usage",
    });
}
