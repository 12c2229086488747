// The layers package registers the gradient of every kernel, which the core alone does not.
import "@tensorflow/tfjs-layers";
import "@tensorflow/tfjs-backend-cpu";
import * as tf from "@tensorflow/tfjs-core";
import { registerAveragePoolGradient } from "./average-pool-gradient.ts";

// Keeps the cpu backend from greeting on stderr at its first use.
tf.env().set("PROD", true);

registerAveragePoolGradient();

/** tfjs-core with all gradients and the cpu backend registered. */
export { tf };
