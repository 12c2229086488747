import { UserError } from "../src/errors.ts";
import { elseClosed, reconnectingAgent } from "./agent/reconnecting-agent.ts";
import { findDevice } from "./catalog.ts";
import { systemClock } from "./clock.ts";
import { connectionTo } from "./connect.ts";
import { type Device, deviceOf } from "./device.ts";
import type { Precision } from "./identity.ts";
import { chooseParts, type PartNames } from "./parts.ts";
import { TransportError } from "./transport.ts";

export interface DeviceOptions extends PartNames {
  readonly threads?: number;
  /** In the heat of long work: a platform of its own. */
  readonly isSustained?: boolean | undefined;
  /** Default: the runtime's usual one. */
  readonly precision?: Precision | undefined;
  /** A benchmark program on the device, or here to be copied there; default: that of the device's entry. */
  readonly runner?: string | undefined;
  /** Folder that stands in for the local file system's root: fixtures of sysfs. */
  readonly sysfsRoot?: string | undefined;
  /** Of the user's own devices. */
  readonly folder?: string | undefined;
  /** How long to wait for a device that was lost, s. */
  readonly reconnectPatience_s?: number | undefined;
  /** Ends the wait for a device that has not come yet. */
  readonly signal?: AbortSignal | undefined;
  /** Told when the connection is lost and when it is back. */
  readonly onNotice?: ((notice: string) => void) | undefined;
}

/**
 * Opens a device by its id. An unknown id, runtime or meter leads to exit "usage"; a known one that does not
 * work or cannot be reached to exit "unavailable" with its remedy.
 */
export async function openDevice(id: string, options: DeviceOptions = {}): Promise<Device> {
  const { threads = 1, precision, runner, onNotice } = options;
  const known = findDevice(id, options.folder);
  const entry = {
    ...known,
    ...(runner === undefined ? {} : { runner }),
    // Runtimes try what is asked of them.
    ...(precision === undefined ? {} : { settings: { ...known.settings, precision } }),
  };
  const parts = chooseParts(entry, options);
  if (!(Number.isInteger(threads) && threads >= 1))
    throw new UserError(`${threads} threads; expected a whole number from 1`, {
      hint: "Give --threads 1, or up to the number of cores.",
      exit: "usage",
    });
  const connection = connectionTo(entry, parts, options);
  try {
    const agent = await reconnectingAgent({
      connect: connection.connect,
      clock: systemClock,
      onNotice,
      patience_s: options.reconnectPatience_s,
    });
    const opened = deviceOf(entry.id, agent, {
      threads,
      precision,
      onNotice,
      isSustained: options.isSustained ?? false,
      startTemperature_c:
        entry.startTemperature_c === "unknown" ? undefined : entry.startTemperature_c,
    });
    const device = await elseClosed(agent, opened);
    return { ...device, close: () => device.close().finally(connection.close) };
  } catch (error) {
    await connection.close();
    throw error instanceof TransportError ? unreachable(entry.id, error) : error;
  }
}

const unreachable = (id: string, error: TransportError): UserError =>
  new UserError(`Device ${id} cannot be reached: ${error.message}`, {
    hint: `Look at it with: wattsplit devices probe ${id}`,
    exit: "unavailable",
    cause: error,
  });
