import type { Network } from "../../network/network.ts";
import { tf } from "../../tensor/index.ts";
import { forward } from "../forward.ts";
import { crossEntropy } from "../losses.ts";
import { batchInputs, floats, type StepProgram, weightInputs, weightState } from "../train-step.ts";
import { factorNames, outerSum } from "./kfac.ts";
import { inputRows, naturalLayers } from "./natural-layers.ts";

/**
 * The Kronecker factors of every layer's Fisher block on one batch. Inputs: x, every parameter, and noise [batch, classes]
 * of Gumbel's distribution, which draws labels from the network's own prediction: a Fisher is an expectation under the model,
 * and one under the true labels is another matrix (Martens and Grosse 2015, section 5; Kunstner et al. 2019).
 * Outputs under `factorNames`, for an example's inputs a_t and gradients d_t at positions t of T:
 * - inputs [rows, rows]: mean over examples of sum_t a_t a_t'
 * - gradients [width, width]: mean over examples of sum_t d_t d_t' / T (Grosse and Martens 2016, section 3)
 */
export function curvatureStep(
  network: Network,
  { batch }: { readonly batch: number },
): StepProgram {
  const layers = naturalLayers(network);
  const classes = layers.at(-1)?.width ?? 0;
  const shared = batchInputs(network, batch);
  return {
    fn: (inputs) => {
      const { x, noise } = inputs as { x: tf.Tensor4D; noise: tf.Tensor2D };
      const { logits } = forward(network, inputs, x, { training: true });
      const labels = tf.argMax(tf.add(logits, noise), 1) as tf.Tensor1D;
      const rows = new Map<string, tf.Tensor2D>();
      // Gradients by a layer's output are those by zeros added to it.
      const lossOf = (...zeros: tf.Tensor[]): tf.Scalar => {
        const moved = forward(network, inputs, x, {
          training: true,
          atLinear: ({ layer: { name } }, [read], output) => {
            const at = layers.findIndex(({ placed }) => placed.layer.name === name);
            const [layer, zero] = [layers[at], zeros[at]];
            if (!layer || !zero) return output;
            rows.set(name, tf.keep(inputRows(layer, read as tf.Tensor4D)));
            return tf.add(output, zero);
          },
        });
        return crossEntropy(moved.logits, labels);
      };
      const { grads } = tf.valueAndGrads(lossOf)(
        layers.map(({ placed: { out } }) => tf.zeros([batch, out.height, out.width, out.channels])),
      );
      const factors = layers.flatMap(({ placed, width, positions }, i) => {
        const names = factorNames(placed.layer.name);
        const read = rows.get(placed.layer.name);
        if (!read) throw new Error(`Layer "${placed.layer.name}" was not run`);
        // A mean loss's gradient by an example is 1 / batch of that example's own.
        const gradients = outerSum(tf.reshape(grads[i] as tf.Tensor, [-1, width]));
        return [
          [names.inputs, tf.div(outerSum(read), batch)],
          [names.gradients, tf.mul(gradients, batch / positions)],
        ];
      });
      return Object.fromEntries(factors);
    },
    inputs: {
      x: shared.x,
      noise: floats([batch, classes]),
      ...weightInputs(network),
    },
    state: weightState(network),
  };
}
