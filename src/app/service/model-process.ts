import { stepsOf } from "../../network/import/index.ts";
import { parseOutline } from "../../onnx/index.ts";
import { failureOf } from "../workers/failure.ts";
import type { ModelFile, ModelReply } from "./model-reader.ts";

/** A process that reads one model and ends: started by model-reader.ts, which stops it when it takes too long. */

process.on("disconnect", () => process.exit());
process.once("message", ({ bytes, source }: ModelFile) => {
  process.send?.(replyTo(bytes, source), () => process.disconnect());
});

function replyTo(bytes: Uint8Array, source: string): ModelReply {
  try {
    return { model: stepsOf(parseOutline(bytes, source), source) };
  } catch (error) {
    return { failure: failureOf(error) };
  }
}
