import { UserError } from "../src/errors.ts";
import type { Agent, AgentDescription } from "./agent/agent.ts";
import { type Clock, systemClock } from "./clock.ts";
import { type ClockOffset, measureOffset } from "./clock-offset.ts";
import type { DeviceIdentity, Precision } from "./identity.ts";
import type { MeterDescription } from "./meter.ts";
import type { MachineState, RawMeasurement, RawRecord } from "./raw.ts";
import type { MeasurementScript } from "./script.ts";
import type { ModelKind } from "./script-model.ts";

export interface Capabilities {
  /** How networks are handed to the runtime. */
  readonly models: ModelKind;
  /** Without it kernel costs come from regression over whole networks. */
  readonly nodeProfiling: boolean;
  readonly meter: MeterDescription;
  /** True where nothing is measured: a formula in place of hardware. */
  readonly simulated: boolean;
  /** Batches shorter than this cannot be timed there, s: the clock is coarse, or every batch starts a program. */
  readonly shortestBatch_s: number;
  /** Every batch is a load of its own, and warmed up by itself. */
  readonly freshBatches: boolean;
}

/** What the device is to be like when something is measured on it. */
export interface DeviceConditions {
  /** Nothing begins above this temperature; absent where none is known. */
  readonly startTemperature_c?: number | undefined;
  /** Measured in the heat of long work, not after cooling down: another platform, since clocks are lower there. */
  readonly isSustained: boolean;
  /** Governor or power mode that it was found in, "unknown" where it cannot be read. */
  readonly powerMode: string;
}

export interface MeasureOptions {
  /** Stops after the batch in flight. */
  readonly signal?: AbortSignal | undefined;
  /** Told every record as it arrives. */
  readonly onRecord?: (record: RawRecord) => void;
}

/** A machine that networks run on, with the runtime and the meter chosen for it. Closed with `close()`. */
export interface Device {
  readonly id: string;
  readonly identity: DeviceIdentity;
  /** Anything else worth knowing: memory, cores, cache sizes. */
  readonly details: Readonly<Record<string, string | number>>;
  readonly capabilities: Capabilities;
  readonly conditions: DeviceConditions;
  /** Follows a script and returns what it recorded. Throws the signal's reason when aborted. */
  measure(script: MeasurementScript, options?: MeasureOptions): Promise<RawMeasurement>;
  /** The device's clock against the host's. */
  clockOffset(): Promise<ClockOffset>;
  state(): Promise<MachineState>;
  close(): Promise<void>;
}

export interface DeviceOfOptions
  extends Partial<Pick<DeviceConditions, "isSustained" | "startTemperature_c">> {
  readonly threads?: number;
  /** Default: the runtime's usual one. */
  readonly precision?: Precision | undefined;
  readonly clock?: Clock;
  /** Told how networks ran other than asked, once each. */
  readonly onNotice?: ((notice: string) => void) | undefined;
}

/** The device that an agent speaks for. Throws a UserError for a precision or for threads that its runtime lacks. */
export async function deviceOf(
  id: string,
  agent: Agent,
  {
    threads = 1,
    clock = systemClock,
    precision: asked,
    isSustained = false,
    startTemperature_c,
    onNotice,
  }: DeviceOfOptions = {},
): Promise<Device> {
  const { runtime, processor, fingerprint, os, powerMode, details, ...found }: AgentDescription =
    await agent.describe();
  const precision = requirePrecision(asked, found.precisions, runtime.runtime);
  requireThreads(threads, found.mostThreads, runtime.runtime);
  const told = new Set<string>();
  const tell = (fallback: string | undefined, what: string): void => {
    if (fallback === undefined || told.has(fallback)) return;
    told.add(fallback);
    onNotice?.(`${what} ran other than by ${runtime.runtime} alone: ${fallback}`);
  };
  tell(found.fallback, "A network of every layer kind");
  // Of a Jetson: which cores run, and how fast.
  const boardMode = details.nvpmodel === undefined ? "" : `, nvpmodel ${details.nvpmodel}`;
  return {
    id,
    identity: {
      device: id,
      processor,
      fingerprint,
      os,
      ...runtime,
      precision,
      threads,
      powerMode: `${powerMode}${boardMode}${isSustained ? sustainedMark : ""}`,
    },
    details,
    conditions: { startTemperature_c, isSustained, powerMode },
    capabilities: {
      models: { format: found.modelFormat, precision },
      nodeProfiling: found.nodeProfiling,
      meter: found.meter,
      simulated: found.simulated ?? false,
      shortestBatch_s: found.shortestBatch_s,
      freshBatches: found.freshBatches,
    },
    measure: async (script, { signal, onRecord } = {}) => {
      const records: RawRecord[] = [];
      await agent.run(script, {
        signal,
        onRecord: (record) => {
          records.push(record);
          if (record.kind === "batches") tell(record.fallback, "A network");
          onRecord?.(record);
        },
        onRestart: () => records.splice(0),
      });
      return { records };
    },
    clockOffset: async () => ({
      ...(await measureOffset(clock, () => agent.now_s())),
      step_s: found.clockStep_s,
    }),
    state: () => agent.state(),
    close: () => agent.close(),
  };
}

function requirePrecision(
  asked: Precision | undefined,
  precisions: readonly Precision[],
  runtime: string,
): Precision {
  const [usual = "float32"] = precisions;
  if (asked === undefined || precisions.includes(asked)) return asked ?? usual;
  throw new UserError(`Runtime ${runtime} does not compute in ${asked}`, {
    hint: `It computes in ${precisions.join(", ")}: give one as --precision.`,
    exit: "usage",
  });
}

function requireThreads(asked: number, most = asked, runtime: string): void {
  if (asked > most)
    throw new UserError(`Runtime ${runtime} has no use for ${asked} threads; expected ${most}`, {
      hint: `Give --threads ${most}.`,
      exit: "usage",
    });
}

/** At the end of the power mode of platforms measured in the heat of long work. */
const sustainedMark = ", sustained";

/** Whether a platform's power mode is that of long work. */
export const isSustainedMode = (powerMode: string): boolean => powerMode.endsWith(sustainedMark);
