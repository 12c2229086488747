import { type TracedGraph, tf, traceGraph } from "../../tensor/index.ts";
import { type LanguageModel, languageParameters, nextWord } from "./language-model.ts";

/**
 * One step of a language model as an ONNX graph with its weights inside: inputs "x" [1], the number of a word, and "state"
 * [1, hiddenSize], zeros at the start of a text; outputs "logits" [1, words] of the word that follows, and "state:next".
 */
export function exportLanguageModel(
  model: LanguageModel,
  weights: ReadonlyMap<string, Float32Array>,
): TracedGraph {
  return traceGraph(
    "language-model",
    (inputs) => {
      const known = languageParameters(model).map(({ name, shape }) => {
        const data = weights.get(name);
        if (!data) throw new Error(`No weights "${name}"`);
        return [name, tf.tensor(data, [...shape])] as const;
      });
      const { logits, state } = nextWord(model, { ...Object.fromEntries(known), ...inputs });
      return { logits, "state:next": state };
    },
    {
      x: { shape: [1], dtype: "int32" },
      state: { shape: [1, model.hiddenSize], dtype: "float32" },
    },
  );
}
