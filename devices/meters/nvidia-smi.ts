import type { Clock } from "../clock.ts";
import type { Availability, Meter, MeterSample, Rail } from "../meter.ts";
import type { Surroundings } from "../surroundings.ts";
import { streamed } from "./streamed.ts";
import { ThrottleLog } from "./throttle-log.ts";
import { toolAvailability } from "./tool-availability.ts";

const queryFor = (fields: string): readonly string[] => [
  "nvidia-smi",
  `--query-gpu=timestamp,index,name,power.draw.instant,power.draw${fields}`,
  "--format=csv,noheader,nounits",
];
/** Drivers before 535 refuse the field that they do not know. */
const queries = [queryFor(",clocks_event_reasons.active"), queryFor("")];
const maxPower_w = 2000;
/** It is asked no more often than this, s: a query takes milliseconds. */
const fastestReading_s = 0.02;
const nominalPeriod_s = 0.1;
/** What `power.draw` is the mean of, from Ampere on, s. */
const averaging_s = 1;

/** Power of NVIDIA cards from one long-lived `nvidia-smi`, for drivers whose energy counter cannot be read. */
export function nvidiaSmiMeter({
  transport,
  clock,
}: Pick<Surroundings, "transport" | "clock">): Meter {
  let query = queries[0] ?? [];
  const read = async () => {
    const { stdout } = await transport.exec(query, { timeout_s: 10 });
    return stdout.split("\n").flatMap((line) => readCard(line) ?? []);
  };
  let throttle = new ThrottleLog();
  return {
    id: "nvidia-smi",
    probe: async () => {
      let found: Availability | undefined;
      for (query of queries) {
        found = await toolAvailability(transport, query, {
          note: ({ stdout }) => {
            const cards = stdout.split("\n").flatMap((line) => readCard(line) ?? []);
            return cards.map(({ name }) => name).join(" + ") || undefined;
          },
          remedy: "Install NVIDIA's driver; Jetson boards have the meter jetson",
        });
        if (found.ok) break;
      }
      if (!found) throw new Error("No query is known");
      return found;
    },
    describe: async () => ({
      id: "nvidia-smi",
      quality: "measured",
      fastestReading_s,
      rails: (await read()).map(railOf),
      caveats: [
        "The card, not the machine around it. A100 and H100 sample their power a quarter of the time.",
        "Drivers without power.draw.instant give an average over a second.",
      ],
    }),
    ...streamed({
      program: (period_s) =>
        transport.stream([
          ...query,
          "-lms",
          `${Math.round(1e3 * Math.max(period_s, fastestReading_s))}`,
        ]),
      reader: () => {
        throttle = new ThrottleLog();
        return sampler(clock, throttle);
      },
    }),
    notes: () => throttle.sentences(),
  };
}

interface Card {
  /** On the wall clock of the machine with the card, s. */
  readonly stamp_s: number;
  readonly index: string;
  readonly name: string;
  readonly power_w: number;
  readonly isAverage: boolean;
  /** Bits of what holds its clocks back. */
  readonly throttleReasons: number | undefined;
}

/** `2026/09/20 10:22:31.123, 0, NVIDIA H100, 118.42, 117.90, 0x4`; the instantaneous power where it is supported. */
function readCard(line: string): Card | undefined {
  const [stamp = "", index = "", name = "", instant = "", average = "", throttled = ""] = line
    .split(",")
    .map((part) => part.trim());
  const stamp_s = Date.parse(stamp.replaceAll("/", "-").replace(" ", "T")) / 1e3;
  const isAverage = !(Number(instant) > 0);
  const power_w = Number(isAverage ? average : instant);
  return /^\d+$/.test(index) && power_w > 0 && stamp_s > 0
    ? {
        stamp_s,
        index,
        name,
        power_w,
        isAverage,
        throttleReasons: /^0x[\da-f]+$/i.test(throttled) ? Number(throttled) : undefined,
      }
    : undefined;
}

const railOf = ({ index, name, isAverage }: Card): Rail => ({
  id: `gpu ${index}`,
  label: name,
  kind: "power",
  domain: "gpu",
  counted: true,
  maxPower_w,
  nominalPeriod_s,
  ...(isAverage ? { averaging_s } : {}),
});

/**
 * Readings at the times that the tool stamps on them, from its first line on: while a network runs, lines wait and come
 * in bursts. Of a card that has shown its instantaneous power, averages are no readings.
 */
function sampler(clock: Clock, throttle: ThrottleLog): (line: string) => readonly MeterSample[] {
  const averaged = new Map<string, boolean>();
  let offset_s: number | undefined;
  return (line) => {
    const card = readCard(line);
    if (!card) return [];
    const { stamp_s, index, power_w, isAverage } = card;
    if (!averaged.has(index)) averaged.set(index, isAverage);
    if (averaged.get(index) !== isAverage) return [];
    offset_s ??= clock.now_s() - stamp_s;
    throttle.note(`gpu ${index}`, card.throttleReasons);
    return [{ rail: `gpu ${index}`, time_s: offset_s + stamp_s, power_w }];
  };
}
