import type { DeviceIdentity, Precision } from "../identity.ts";
import type { MeterDescription } from "../meter.ts";
import type { MachineState, RawRecord } from "../raw.ts";
import type { MeasurementScript, ModelFormat } from "../script.ts";
import type { ResidentCanary } from "./execution.ts";
import type { Machine, MachineDescription } from "./machine.ts";
import { runScript } from "./run-script.ts";

export interface AgentDescription extends MachineDescription {
  readonly runtime: Pick<DeviceIdentity, "runtime" | "runtimeVersion" | "runtimeBuild">;
  readonly modelFormat: ModelFormat;
  /** Number formats that it computes in, the usual one first. */
  readonly precisions: readonly Precision[];
  /** As many threads as it has any use for, where there is such a number. */
  readonly mostThreads?: number;
  readonly nodeProfiling: boolean;
  /** Every batch is a load of its own, and warmed up by itself. */
  readonly freshBatches: boolean;
  /** How networks run other than the runtime's name says. */
  readonly fallback?: string;
  readonly meter: MeterDescription;
  readonly clockStep_s: number;
  /** A batch is not to be shorter than this, s. */
  readonly shortestBatch_s: number;
}

/** A clock that steps tells a time this often longer than its step to one in a hundred. */
const stepsPerBatch = 100;

export interface RunOptions {
  /** Stops after the batch in flight. */
  readonly signal?: AbortSignal | undefined;
  readonly onRecord: (record: RawRecord) => void;
  /** Told when the script begins again on a new connection: what was told of it before does not count. */
  readonly onRestart?: (() => void) | undefined;
}

/** What sits beside the runtime and follows scripts; reached in this process, or through a transport. */
export interface Agent {
  describe(): Promise<AgentDescription>;
  /** The device's clock now, s. */
  now_s(): Promise<number>;
  state(): Promise<MachineState>;
  /** Follows the script, one at a time. Throws the signal's reason when aborted. */
  run(script: MeasurementScript, options: RunOptions): Promise<void>;
  close(): Promise<void>;
}

/** The agent itself, in the process it is called from. */
export function agentOn(machine: Machine): Agent {
  const { runtime, meter, clock } = machine;
  const resident: ResidentCanary = {};
  return {
    describe: async () => ({
      ...(await machine.describe()),
      runtime: {
        runtime: runtime.id,
        runtimeVersion: runtime.version,
        runtimeBuild: await runtime.build(),
      },
      modelFormat: runtime.modelFormat ?? "onnx",
      precisions: runtime.precisions ?? ["float32"],
      ...(runtime.mostThreads === undefined ? {} : { mostThreads: runtime.mostThreads }),
      nodeProfiling: runtime.profile !== undefined,
      freshBatches: runtime.freshBatches ?? false,
      ...(runtime.fallback === undefined ? {} : { fallback: runtime.fallback }),
      meter: await meter.describe(),
      clockStep_s: clock.step_s,
      shortestBatch_s: Math.max(stepsPerBatch * clock.step_s, runtime.shortestBatch_s ?? 0),
    }),
    now_s: async () => clock.now_s(),
    state: () => machine.state(),
    run: (script, options) => runScript(machine, resident, script, options),
    close: async () => {
      await resident.model?.close();
      delete resident.model;
    },
  };
}
