import type { Text } from "../../datasets/index.ts";
import { progressOf } from "../../progress.ts";
import type { Engine } from "../../tensor/index.ts";
import type { LanguageModel } from "../../training/language/language-model.ts";
import { saveLanguagePoint } from "../../training/language/language-state.ts";
import {
  type LanguagePoint,
  type LanguageResult,
  type LanguageRun,
  LanguageTrainer,
  requireBatches,
} from "../../training/language/language-trainer.ts";
import type { WorkContext } from "./work-context.ts";

export interface CellTraining {
  readonly context: WorkContext;
  readonly engine: Engine;
  readonly text: Text;
  readonly model: LanguageModel;
  readonly run: LanguageRun;
  /** Of what the state is kept for, and its file. */
  readonly owner: string;
  readonly path: string;
  /** Fresh weights where absent. */
  readonly start?: LanguagePoint | undefined;
  /** Said beside the progress: "training, epochs". */
  readonly label: string;
}

/** Trains a language model, keeping its state after every epoch, and reads the test part once. */
export async function trainCell({
  context,
  engine,
  text,
  model,
  run,
  owner,
  path,
  start,
  label,
}: CellTraining): Promise<LanguageResult & { readonly test: number }> {
  requireBatches(text, run.batch, ["test"]);
  const trainer = new LanguageTrainer(engine, model, text);
  const first = start?.curve.length ?? 0;
  const started_s = performance.now() / 1000;
  try {
    const told = {
      ...run,
      signal: context.signal,
      onEpoch: ({ epoch }, point) => {
        saveLanguagePoint(path, owner, point);
        const elapsed_s = performance.now() / 1000 - started_s;
        const sitting = { done: epoch + 1 - first, total: run.epochs - first, elapsed_s };
        context.terminal.progress({
          ...progressOf(label, sitting),
          done: epoch + 1,
          total: run.epochs,
        });
      },
    } satisfies LanguageRun;
    const result = await trainer.run(told, start);
    const test = await trainer.perplexity(result.weights, text.test, run.batch);
    return { ...result, test };
  } finally {
    await trainer.release();
  }
}
