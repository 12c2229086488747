import { cellPerplexity } from "../../../search/index.ts";
import { beginningOf, loadText } from "../../datasets/index.ts";
import type { Engine } from "../../tensor/index.ts";
import type { CellJob, TextWork } from "./messages.ts";

/** Loads the text; then every job is a cell whose perplexity is wanted. */
export async function openTextWork({ path, words, lengths }: TextWork, engine: Engine) {
  const whole = await loadText(path, { words });
  const text = lengths ? beginningOf(whole, lengths) : whole;
  return ({ run, ...model }: CellJob): Promise<unknown> => cellPerplexity(engine, text, model, run);
}
