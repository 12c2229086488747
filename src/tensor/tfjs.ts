import { createRequire } from "node:module";
import * as tf from "@tensorflow/tfjs-core";

let isPrepared = false;

/**
 * Registers the gradients of every kernel, which the core alone does not have but the layers package brings, and the
 * cpu backend. Done when an engine first runs something: importing this library leaves a host's tfjs as it is.
 */
export function prepareTfjs(): void {
  if (isPrepared) return;
  isPrepared = true;
  const require = createRequire(import.meta.url);
  require("@tensorflow/tfjs-layers");
  require("@tensorflow/tfjs-backend-cpu");
}

/** tfjs-core, the language of tensor functions. */
export { tf };
