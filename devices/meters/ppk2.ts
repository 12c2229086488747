import { UserError } from "../../src/errors.ts";
import type { Clock } from "../clock.ts";
import type { Availability, Meter, MeterSample, Rail } from "../meter.ts";
import { type OpenSerialLine, openSerialLine, type SerialLine } from "../serial-line.ts";
import type { Surroundings } from "../surroundings.ts";
import { type Calibration, command, readCalibration } from "./ppk2-protocol.ts";
import { Ppk2Samples } from "./ppk2-samples.ts";
import { SampleStream } from "./sample-stream.ts";

/** A reading is the mean of the samples since the one before; shorter ones only make more of them, s. */
const fastestReading_s = 1e-3;
const maxCurrent_a = 1;
const answer_s = 2;

/** What the device's file says of it: where it is plugged in, and the supply, which it cannot measure. */
interface Wiring {
  readonly port: string;
  readonly voltage_v: number;
  readonly mode: "ampere" | "source";
}

/**
 * Nordic's Power Profiler Kit II in the supply line of a board that draws less than 1 A, live over its serial port. It
 * measures current alone: energy is that times the supply's voltage, so it is derived.
 */
export function ppk2Meter(
  { clock, settings }: Pick<Surroundings, "clock" | "settings">,
  open: OpenSerialLine = openSerialLine,
): Meter {
  const wiring = wiringIn(settings);
  let stream = new SampleStream();
  let line: SerialLine | undefined;
  const stop = async (): Promise<void> => {
    const opened = line;
    line = undefined;
    await opened?.write(Uint8Array.from(command.stopAveraging));
    await opened?.close();
    stream.end();
  };
  return {
    id: "ppk2",
    probe: async () => {
      if ("reason" in wiring) return wiring;
      try {
        const opened = await open(wiring.port);
        const { text } = await metadataOf(opened, clock);
        await opened.close();
        const calibrated = /^Calibrated: *1/m.test(text) ? "" : ", not calibrated";
        return { ok: true, note: `${wiring.voltage_v} V, as ${wiring.mode} meter${calibrated}` };
      } catch (error) {
        if (!(error instanceof UserError)) throw error;
        return { ok: false, reason: error.message, remedy: error.hint };
      }
    },
    describe: async () => ({
      id: "ppk2",
      quality: "derived",
      fastestReading_s,
      rails: [railOf("reason" in wiring ? 0 : wiring.voltage_v)],
      caveats: [
        "Current is measured, voltage is what the device's file says of the supply: energy is derived.",
      ],
    }),
    start: async ({ period_s }) => {
      stream = new SampleStream();
      const { push } = stream;
      if ("reason" in wiring) return;
      const { port, voltage_v, mode } = wiring;
      const opened = await open(port);
      line = opened;
      const { calibration } = await metadataOf(opened, clock);
      const samples = new Ppk2Samples({ calibration, voltage_v, period_s, rail: "supply" });
      await send(opened, command.mode(mode));
      await send(opened, command.voltage(voltage_v));
      await send(opened, command.supply(true));
      const first = new Promise<void>((resolve) => {
        opened.onData((chunk) => {
          push(samples.add(chunk, clock.now_s()));
          resolve();
        });
      });
      await send(opened, command.startAveraging);
      await Promise.race([first, clock.sleep(answer_s)]);
    },
    samples: (): AsyncIterable<MeterSample> => stream,
    stop,
  };
}

const send = (line: SerialLine, bytes: readonly number[]): Promise<void> =>
  line.write(Uint8Array.from(bytes));

const railOf = (voltage_v: number): Rail => ({
  id: "supply",
  label: "supply",
  kind: "current-voltage",
  domain: "board",
  counted: true,
  maxPower_w: maxCurrent_a * Math.max(1, voltage_v),
  nominalPeriod_s: fastestReading_s,
  averaging_s: fastestReading_s,
});

/** Asks the kit what it is calibrated to; a measurement of before may still be in its port. */
async function metadataOf(
  line: SerialLine,
  clock: Clock,
): Promise<{ readonly text: string; readonly calibration: Calibration }> {
  let text = "";
  const answered = new Promise<true>((resolve) => {
    line.onData((chunk) => {
      text += chunk.toString("latin1");
      if (/Calibrated:[\s\S]*END/.test(text)) resolve(true);
    });
  });
  await send(line, command.stopAveraging);
  await send(line, command.metadata);
  if (!(await Promise.race([answered, clock.sleep(answer_s)]))) {
    await line.close();
    throw new UserError("What is plugged in does not answer as a Power Profiler Kit II", {
      hint: "Look for its port: ls -l /dev/serial/by-id; of its two ports it is the first.",
      exit: "unavailable",
    });
  }
  const told = text.slice(text.indexOf("Calibrated:"), text.lastIndexOf("END"));
  return { text: told, calibration: readCalibration(told) };
}

type Refusal = Extract<Availability, { ok: false }>;

function wiringIn({
  ppk2: port,
  "ppk2-voltage": voltage = "",
  "ppk2-mode": mode = "ampere",
}: Surroundings["settings"]): Wiring | Refusal {
  const refusal = (reason: string): Refusal => ({
    ok: false,
    reason,
    remedy:
      "Say where and how it is connected: --setting ppk2=/dev/ttyACM0 --setting ppk2-voltage=3.3, " +
      "and --setting ppk2-mode=source where it is to feed the board itself",
  });
  if (!port) return refusal("the port of the Power Profiler Kit is not known");
  const voltage_v = Number(voltage);
  if (!(voltage_v >= 0.8 && voltage_v <= 5))
    return refusal(`"${voltage}" is no voltage of the supply; expected 0.8 to 5 V`);
  if (mode !== "ampere" && mode !== "source")
    return refusal(`"${mode}" is no way to connect it; expected ampere or source`);
  return { port, voltage_v, mode };
}
