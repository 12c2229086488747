/** TensorFlow Lite models as plain records, with a writer, a reader of their operators, and quantisation. */
export { encodeTflite } from "./encode.ts";
export type * from "./graph.ts";
export {
  decodeGraphModel,
  encodeGraphModel,
  graphModel,
} from "./graph-model.ts";
export { quantized, rangeOf, type ValueRange } from "./quantize.ts";
export { type OperatorOutline, readOperators } from "./read-operators.ts";
