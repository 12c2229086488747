import { UserError } from "../src/errors.ts";
import { forkAgent } from "./agent/fork.ts";
import { type Device, deviceOf } from "./device.ts";
import type { LocalOptions } from "./local-machine.ts";
import { requireKnownParts } from "./parts.ts";

export interface DeviceOptions extends LocalOptions {
  readonly threads?: number;
}

/**
 * Opens a device by its id. An unknown id, runtime or meter leads to exit "usage"; a known one that does not
 * work here to exit "unavailable" with its remedy.
 */
export async function openDevice(id: string, options: DeviceOptions = {}): Promise<Device> {
  const { threads = 1, ...parts } = options;
  requireKnownParts(id, parts);
  if (!(Number.isInteger(threads) && threads >= 1))
    throw new UserError(`${threads} threads; expected a whole number from 1`, {
      hint: "Give --threads 1, or up to the number of cores.",
      exit: "usage",
    });
  const agent = forkAgent(parts);
  try {
    return await deviceOf(id, agent, { threads });
  } catch (error) {
    await agent.close();
    throw error;
  }
}
