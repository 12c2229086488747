import { UserError } from "../../src/errors.ts";
import type { AnswerStep } from "../script.ts";
import { type Execution, modelOf } from "./execution.ts";

/** Loads a model freshly and tells its output. Throws a UserError where the runtime tells times alone. */
export async function answer(
  { machine: { runtime }, script, emit }: Execution,
  { model: name, input }: AnswerStep,
): Promise<void> {
  const model = await runtime.load(modelOf(script, name), script);
  try {
    if (!model.answer)
      throw new UserError(`Runtime ${runtime.id} tells times alone, no outputs of networks`, {
        hint: "Compare outputs by another runtime of the same model format.",
        exit: "unavailable",
      });
    const output = await model.answer(Float32Array.from(input));
    emit({ kind: "answer", model: name, output: Float64Array.from(output) });
  } finally {
    await model.close();
  }
}
