/** ONNX models as plain records, with a writer and a reader: for devices and importers, without tfjs. */
export { decodeModel } from "./decode.ts";
export { encodeModel } from "./encode.ts";
export type * from "./graph.ts";
export type * from "./outline.ts";
export { parseOutline, readOutline } from "./read-outline.ts";
export { nodesOnCpu } from "./runtime-profile.ts";
