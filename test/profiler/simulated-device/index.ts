import {
  agentOn,
  type Device,
  type DeviceConditions,
  deviceOf,
  type Machine,
} from "../../../devices/index.ts";
import { noMeter } from "../../../devices/meters/none.ts";
import { traceMeter } from "../../../devices/meters/trace.ts";
import { VirtualClock } from "./clock.ts";
import { Disturbances } from "./disturbances.ts";
import { exactPhysics, type Physics } from "./physics.ts";
import { PowerSource, simulatedMeter } from "./power.ts";
import { simulatedRuntime } from "./runtime.ts";

export { VirtualClock } from "./clock.ts";
export * from "./physics.ts";

export interface SimulatedDevice {
  readonly device: Device;
  /** Absent where it draws no power that is known. */
  readonly source: PowerSource | undefined;
  /** Device and host share it. */
  readonly clock: VirtualClock;
  readonly disturbances: Disturbances;
}

/**
 * Fake hardware under the interpreter that real devices use: its costs are formulas, its clock is virtual. By default
 * nothing varies.
 */
export async function simulatedDevice(
  physics: Partial<Physics> = {},
  conditions: Partial<DeviceConditions> = {},
): Promise<SimulatedDevice> {
  const clock = new VirtualClock();
  const whole = { ...exactPhysics, ...physics };
  const disturbances = new Disturbances(whole.disturbance, whole.seed + 2);
  const { power, seed } = whole;
  const source = power && new PowerSource(power, clock, seed + 3);
  const agent = agentOn(simulatedMachine(whole, clock, disturbances, source));
  return {
    source,
    device: await deviceOf("simulated", agent, { clock, ...conditions }),
    clock,
    disturbances,
  };
}

function simulatedMachine(
  physics: Physics,
  clock: VirtualClock,
  disturbances: Disturbances,
  source: PowerSource | undefined,
): Machine {
  const { power, state = () => ({}) } = physics;
  return {
    clock,
    runtime: simulatedRuntime(physics, clock, disturbances),
    meter: power?.onDraw
      ? traceMeter()
      : power && source
        ? simulatedMeter(source, power, clock)
        : noMeter,
    describe: async () => ({
      processor: "formula",
      fingerprint: "formula",
      os: "none",
      powerMode: "fixed",
      details: {},
      simulated: true,
    }),
    state: async () => state(clock.now_s()),
  };
}
