import type { Clock } from "../clock.ts";
import type { DeviceIdentity } from "../identity.ts";
import type { Meter } from "../meter.ts";
import type { MachineState } from "../raw.ts";
import type { Runtime } from "../runtime.ts";

/** All that the agent needs of the machine it runs on: real hardware, or a fake of it under the same interpreter. */
export interface Machine {
  readonly clock: Clock;
  readonly runtime: Runtime;
  readonly meter: Meter;
  describe(): Promise<MachineDescription>;
  state(): Promise<MachineState>;
}

/** The parts of a device's identity that the machine alone knows, and facts worth keeping. */
export interface MachineDescription
  extends Pick<DeviceIdentity, "processor" | "fingerprint" | "os" | "powerMode"> {
  readonly details: Readonly<Record<string, string | number>>;
  /** True for a formula in place of hardware: nothing of it is called measured. */
  readonly simulated?: boolean;
}
