/** TensorFlow Lite models as plain records, with a writer. */
export { encodeTflite } from "./encode.ts";
export type * from "./graph.ts";
