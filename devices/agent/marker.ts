import type { RawWindow } from "../raw.ts";
import type { LoadedModel } from "../runtime.ts";
import type { MeterStep } from "../script.ts";
import { type Execution, modelOf } from "./execution.ts";
import { batchRuns } from "./warm-up.ts";

/** Barker's code of seven (Barker 1953): shifted against itself it never agrees in more than one place. */
const code = [true, true, true, false, false, true, false] as const;
/** Chips of rest before and after. */
const quietChips = 2;

/** Works and rests by turns in a pattern that is like nothing else, and tells when it did. */
export async function mark(
  execution: Execution,
  step: MeterStep,
  chip_s: number,
): Promise<readonly RawWindow[]> {
  const { machine, script, check } = execution;
  const [name = ""] = step.models;
  const model = await machine.runtime.load(modelOf(script, name), { threads: script.threads });
  try {
    const runs = batchRuns(Math.min(step.batch_s, chip_s / 10), await model.run(1));
    const quiet = await rest(execution, quietChips * chip_s);
    const windows: RawWindow[] = [quiet];
    for (const isBurst of code) {
      check();
      windows.push(
        isBurst ? await burst(execution, model, runs, chip_s) : await rest(execution, chip_s),
      );
    }
    return [...windows, await rest(execution, quietChips * chip_s)];
  } finally {
    await model.close();
  }
}

async function burst(
  { machine: { clock } }: Execution,
  model: LoadedModel,
  runs: number,
  chip_s: number,
): Promise<RawWindow> {
  const start_s = clock.now_s();
  do await model.run(runs);
  while (clock.now_s() < start_s + chip_s);
  return { ...nothingRan, kind: "burst", start_s, end_s: clock.now_s() };
}

async function rest({ machine: { clock } }: Execution, duration_s: number): Promise<RawWindow> {
  const start_s = clock.now_s();
  await clock.sleep(duration_s);
  return { ...nothingRan, kind: "rest", start_s, end_s: clock.now_s() };
}

const nothingRan = { batchEnd_s: new Float64Array(0), batchRuns: new Uint32Array(0) };
