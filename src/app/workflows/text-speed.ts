import { beginningOf, type Text } from "../../datasets/index.ts";
import { drawActivations } from "../../network/cells/recurrent-cell.ts";
import { completeWiring } from "../../network/cells/wiring.ts";
import { seededRandom } from "../../random.ts";
import type { Engine } from "../../tensor/index.ts";
import { LanguageTrainer } from "../../training/language/language-trainer.ts";
import type { TextRecipe, TextSpeed } from "./text-recipes.ts";

const timedSteps = 6;

/** How fast the complete cell of a recipe trains on this machine, from a few steps. */
export async function textSpeed(
  { engine, text }: { readonly engine: Engine; readonly text: Text },
  { search: { nodes, hiddenSize, training } }: TextRecipe,
): Promise<TextSpeed> {
  const { rows, steps } = training.batch;
  const few = rows * steps * timedSteps + rows;
  const beginning = beginningOf(text, { training: few, heldOut: rows * steps + rows });
  const cell = {
    wiring: completeWiring(nodes),
    activations: drawActivations(nodes, seededRandom(0)),
  };
  const trainer = new LanguageTrainer(
    engine,
    { cell, words: text.words.length, hiddenSize },
    beginning,
  );
  const timed_s = async (): Promise<number> => {
    const start_ms = performance.now();
    await trainer.run({ ...training, learningRate: 1e-3, epochs: 1, seed: 0 });
    return (performance.now() - start_ms) / 1000;
  };
  try {
    const [first_s, later_s] = [await timed_s(), await timed_s()];
    // One evaluation in each is as good as a step.
    return { step_s: later_s / (timedSteps + 1), compile_s: Math.max(0, first_s - later_s) };
  } finally {
    await trainer.release();
  }
}
