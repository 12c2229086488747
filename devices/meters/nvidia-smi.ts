import type { Clock } from "../clock.ts";
import type { Meter, MeterSample, Rail } from "../meter.ts";
import type { Surroundings } from "../surroundings.ts";
import { streamed } from "./streamed.ts";
import { toolAvailability } from "./tool-availability.ts";

const query = [
  "nvidia-smi",
  "--query-gpu=index,name,power.draw.instant,power.draw",
  "--format=csv,noheader,nounits",
];
const maxPower_w = 2000;
/** It is asked no more often than this, s: a query takes milliseconds. */
const fastestReading_s = 0.02;
const nominalPeriod_s = 0.1;

/** Power of NVIDIA cards from one long-lived `nvidia-smi`, for drivers whose energy counter cannot be read. */
export function nvidiaSmiMeter({
  transport,
  clock,
}: Pick<Surroundings, "transport" | "clock">): Meter {
  const read = async () => {
    const { stdout } = await transport.exec(query, { timeout_s: 10 });
    return stdout.split("\n").flatMap((line) => readCard(line) ?? []);
  };
  return {
    id: "nvidia-smi",
    probe: () =>
      toolAvailability(transport, query, {
        note: ({ stdout }) => {
          const cards = stdout.split("\n").flatMap((line) => readCard(line) ?? []);
          return cards.map(({ name }) => name).join(" + ") || undefined;
        },
        remedy: "Install NVIDIA's driver; Jetson boards have the meter jetson",
      }),
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
      reader: () => (line) => sampleOf(line, clock),
    }),
  };
}

interface Card {
  readonly index: string;
  readonly name: string;
  readonly power_w: number;
}

/** `0, NVIDIA H100, 118.42, 117.90`; the instantaneous power where it is supported. */
function readCard(line: string): Card | undefined {
  const [index = "", name = "", instant = "", average = ""] = line
    .split(",")
    .map((part) => part.trim());
  const power_w = [instant, average].map(Number).find((watts) => watts > 0);
  return /^\d+$/.test(index) && power_w !== undefined ? { index, name, power_w } : undefined;
}

const railOf = ({ index, name }: Card): Rail => ({
  id: `gpu ${index}`,
  label: name,
  kind: "power",
  domain: "gpu",
  counted: true,
  maxPower_w,
  nominalPeriod_s,
});

function sampleOf(line: string, clock: Clock): readonly MeterSample[] {
  const card = readCard(line);
  return card ? [{ rail: `gpu ${card.index}`, time_s: clock.now_s(), power_w: card.power_w }] : [];
}
