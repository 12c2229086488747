import type { Random } from "../../src/random.ts";
import type { RawRecord } from "../raw.ts";
import type { LoadedModel } from "../runtime.ts";
import type { MeasurementScript, ScriptModel } from "../script.ts";
import type { Machine } from "./machine.ts";

/** The canary network, loaded once and kept between scripts: every load of a network has a speed of its own. */
export interface ResidentCanary {
  name?: string;
  model?: LoadedModel;
}

/** The canary of a script, loaded and with its batches sized. */
export interface Canary {
  /** Latency at this moment, s. */
  glance(): Promise<number>;
  /** No slower than allowed; always where there is no baseline. */
  isCalm(latency_s: number): boolean;
}

/** What the steps of a script share. */
export interface Execution {
  readonly machine: Machine;
  readonly script: MeasurementScript;
  readonly canary: Canary | undefined;
  readonly random: Random;
  readonly emit: (record: RawRecord) => void;
  /** Throws the signal's reason when the script is to stop. Called between batches. */
  readonly check: () => void;
}

/** The script's model of this name. */
export function modelOf({ models }: MeasurementScript, name: string): ScriptModel {
  const model = models.find((candidate) => candidate.name === name);
  if (!model) throw new Error(`The script has no model "${name}"`);
  return model;
}
