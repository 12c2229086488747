import type { Engine, Program, TensorValue } from "../src/tensor/index.ts";
import type { StepProgram } from "../src/training/train-step.ts";
import { initialValues } from "./initial-values.ts";

/** A compiled step that runs again and again, its state handed from run to run as trainings do. */
export interface Stepping {
  readonly program: Program;
  step(): Promise<void>;
}

export async function stepping(
  engine: Engine,
  { fn, inputs, state }: StepProgram,
): Promise<Stepping> {
  const program = await engine.compile("step", fn, inputs, { state });
  // As trainings and evaluations give them: in the program's layout, once.
  let values: Readonly<Record<string, TensorValue>> = program.arrange(initialValues(inputs));
  return {
    program,
    step: async () => {
      const results = await program.run(values);
      const kept = Object.entries(results).filter(([name]) => name in inputs);
      values = { ...values, ...Object.fromEntries(kept) };
    },
  };
}
