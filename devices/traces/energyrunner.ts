import { z } from "zod";
import { UserError } from "../../src/errors.ts";
import { type Trace, traceRail } from "./trace.ts";

const magic = 0xf1;
const headerBytes = 5;
const timestampsSchema = z.array(z.number()).max(1e6);

/**
 * EEMBC EnergyRunner's `traceN-energy.bin`: a byte 0xf1, the rate in Hz and then the power of every sample in mW, all
 * little-endian 32-bit floats; beside it `traceN-timestamps.json`, edges in seconds. Read off MLPerf Tiny's published
 * traces.
 */
export function readEnergyRunner(bytes: Uint8Array, timestamps: string): Trace {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < headerBytes || bytes[0] !== magic || (bytes.length - headerBytes) % 4 !== 0)
    throw new UserError("This is no energy trace of EnergyRunner", {
      hint: "Give a file named like trace1-energy.bin.",
      exit: "usage",
    });
  const rate_hz = view.getFloat32(1, true);
  const count = (bytes.length - headerBytes) / 4;
  return {
    rail: traceRail("power"),
    quality: "measured",
    samples: Array.from({ length: count }, (_, i) => ({
      rail: "trace",
      time_s: i / rate_hz,
      power_w: view.getFloat32(headerBytes + 4 * i, true) / 1e3,
    })),
    markers_s: readTimestamps(timestamps),
  };
}

function readTimestamps(text: string): readonly number[] {
  try {
    return timestampsSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new UserError("The timestamps beside the trace are no JSON list of seconds", {
      hint: "Copy the file that EnergyRunner wrote, named like trace1-timestamps.json, again.",
      exit: "usage",
      cause,
    });
  }
}
