import { seededRandom } from "../../src/random.ts";
import type { RawRecord } from "../raw.ts";
import type { MeasurementScript, ScriptStep } from "../script.ts";
import { answer } from "./answer.ts";
import { awaitCalm, canaryOn } from "./canary.ts";
import type { Execution, ResidentCanary } from "./execution.ts";
import type { Machine } from "./machine.ts";
import { meterLook, meterModels } from "./meter.ts";
import { sample } from "./sample.ts";

/**
 * The one interpreter of measurement scripts, for real machines and simulated ones. Records are given to `onRecord`
 * when the step that made them is over: sending them must not disturb it.
 */
export async function runScript(
  machine: Machine,
  resident: ResidentCanary,
  script: MeasurementScript,
  options: { readonly signal?: AbortSignal | undefined; readonly onRecord: (r: RawRecord) => void },
): Promise<void> {
  const { onRecord: emit, signal } = options;
  const execution: Execution = {
    machine,
    script,
    canary: await canaryOn(machine, resident, script),
    random: seededRandom(script.seed),
    emit,
    check: () => signal?.throwIfAborted(),
  };
  const noteState = async () =>
    emit({ kind: "state", time_s: machine.clock.now_s(), state: await machine.state() });
  await noteState();
  for (const step of script.steps) {
    execution.check();
    await perform(execution, step);
  }
  await noteState();
}

async function perform(execution: Execution, step: ScriptStep): Promise<void> {
  switch (step.kind) {
    case "await-calm":
      return awaitCalm(execution, step);
    case "sample":
      return sample(execution, step);
    case "meter-look":
      return meterLook(execution, step);
    case "answer":
      return answer(execution, step);
    case "meter":
      return meterModels(execution, step);
  }
}
