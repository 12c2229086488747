import type { Clock } from "./clock.ts";
import type { Meter } from "./meter.ts";
import type { Runtime } from "./runtime.ts";
import type { Transport } from "./transport.ts";

/** What decides whether two measurements on a device are comparable. */
export interface DeviceIdentity {
  readonly device: string;
  readonly processor: string;
  readonly runtime: string;
  readonly runtimeVersion: string;
  readonly precision: "float32";
  readonly threads: number;
  readonly powerMode: string;
}

/** State of the machine at one moment; what cannot be read is absent. */
export interface MachineState {
  readonly temperature_c?: number;
  readonly clock_hz?: number;
  /** One-minute load average. */
  readonly load?: number;
  readonly cores: number;
}

/** A machine that networks run on, with the runtime and the meter chosen for it. Closed with `close()`. */
export interface Device {
  readonly id: string;
  readonly identity: DeviceIdentity;
  /** Anything else worth knowing: OS, memory, cores, cache sizes. */
  readonly details: Readonly<Record<string, string | number>>;
  readonly transport: Transport;
  readonly runtime: Runtime;
  readonly meter: Meter;
  readonly clock: Clock;
  state(): Promise<MachineState>;
  close(): Promise<void>;
}
