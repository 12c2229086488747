import type { Builder } from "flatbuffers";
import type { TfliteNode } from "./graph.ts";
import { fusedActivations, paddings } from "./schema.ts";
import { int32s } from "./vectors.ts";

/** An operator's options: their number in the BuiltinOptions union and the offset of their table. */
export interface WrittenOptions {
  readonly type: number;
  readonly offset: number;
}

/** Writes the options table of a node; undefined for operators that need none. */
export function writeOptions(builder: Builder, node: TfliteNode): WrittenOptions | undefined {
  const table = (type: number, write: (fields: Fields) => void): WrittenOptions => {
    const fields = fieldsOf(builder);
    builder.startObject(7);
    write(fields);
    return { type, offset: builder.endObject() };
  };
  switch (node.op) {
    case "conv2d":
      return table(1, ({ byte, int }) => {
        byte(0, paddings[node.padding]);
        int(1, node.strideWidth);
        int(2, node.strideHeight);
        byte(3, fusedActivations[node.activation]);
        int(4, 1, 1);
        int(5, 1, 1);
      });
    case "depthwise_conv2d":
      return table(2, ({ byte, int }) => {
        byte(0, paddings[node.padding]);
        int(1, node.strideWidth);
        int(2, node.strideHeight);
        int(3, 1); // depth multiplier
        byte(4, fusedActivations[node.activation]);
        int(5, 1, 1);
        int(6, 1, 1);
      });
    case "max_pool":
    case "average_pool":
      return table(5, ({ byte, int }) => {
        byte(0, paddings[node.padding]);
        int(1, node.strideWidth);
        int(2, node.strideHeight);
        int(3, node.filterWidth);
        int(4, node.filterHeight);
        byte(5, fusedActivations[node.activation]);
      });
    case "fully_connected":
      return table(8, ({ byte }) => {
        byte(0, fusedActivations[node.activation]);
        byte(2, Number(node.keepDimensions));
      });
    case "concatenation":
      return table(10, ({ int }) => int(0, node.axis));
    case "gather":
      return table(23, ({ int }) => int(0, node.axis));
    case "add":
      return table(11, ({ byte }) => byte(0, fusedActivations[node.activation]));
    case "mul":
      return table(21, ({ byte }) => byte(0, fusedActivations[node.activation]));
    case "reshape": {
      const shape = int32s(builder, node.shape);
      return table(17, () => builder.addFieldOffset(0, shape, 0));
    }
    case "mean":
      return table(27, ({ byte }) => byte(0, Number(node.keepDimensions)));
    default:
      return undefined;
  }
}

interface Fields {
  readonly byte: (field: number, value: number) => void;
  /** `standard` is the schema's default, which is not written. */
  readonly int: (field: number, value: number, standard?: number) => void;
}

const fieldsOf = (builder: Builder): Fields => ({
  byte: (field, value) => builder.addFieldInt8(field, value, 0),
  int: (field, value, standard = 0) => builder.addFieldInt32(field, value, standard),
});
