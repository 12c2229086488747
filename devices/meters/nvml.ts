import type { Availability, Meter, Rail } from "../meter.ts";
import type { Surroundings } from "../surroundings.ts";
import { loadNvml, type Nvml } from "./nvml-library.ts";
import { polled } from "./polled.ts";
import { ThrottleLog } from "./throttle-log.ts";

const maxPower_w = 2000;
/** Of the power that the library tells beside the counter, s. */
const nominalPeriod_s = 0.1;

/**
 * Energy counters of NVIDIA cards from Volta on, through NVIDIA's management library. The power that it tells is read
 * beside them, to hold the counter against it, and what holds the card's clocks back.
 */
export function nvmlMeter(
  { clock }: Pick<Surroundings, "clock">,
  load: () => Promise<Nvml> = loadNvml,
): Meter {
  let cards: ReturnType<Nvml["cards"]> = [];
  let throttle = new ThrottleLog();
  const stream = polled(clock, () =>
    cards.flatMap((card, i) => {
      const energy_mj = card.energy_mj();
      const power_mw = card.power_mw();
      throttle.note(railId(i), card.throttleReasons());
      const time_s = clock.now_s();
      return [
        ...(energy_mj === undefined
          ? []
          : [{ rail: railId(i), time_s, energy_j: energy_mj / 1e3 }]),
        ...(power_mw === undefined ? [] : [{ rail: powerId(i), time_s, power_w: power_mw / 1e3 }]),
      ];
    }),
  );
  return {
    id: "nvml",
    probe: async (): Promise<Availability> => {
      const remedy =
        "Install NVIDIA's driver; older cards have the meter nvidia-smi, Jetson boards jetson";
      try {
        cards = (await load()).cards().filter((card) => card.energy_mj() !== undefined);
      } catch (error) {
        const said = error instanceof Error ? error.message.split("\n")[0] : String(error);
        return { ok: false, reason: `libnvidia-ml.so.1 cannot be used: ${said}`, remedy };
      }
      return cards.length > 0
        ? { ok: true, note: cards.map(({ name }) => name).join(" + ") }
        : { ok: false, reason: "no NVIDIA card here has a counter of energy", remedy };
    },
    describe: async () => ({
      id: "nvml",
      quality: "measured",
      rails: cards.flatMap(({ name, power_mw }, i) => railsOf(name, i, power_mw() !== undefined)),
      caveats: ["The card, not the machine around it. The counter ticks about every 0.1 s."],
    }),
    ...stream,
    start: (options) => {
      throttle = new ThrottleLog();
      return stream.start(options);
    },
    notes: () => throttle.sentences(),
  };
}

const railId = (i: number): string => `gpu ${i}`;
const powerId = (i: number): string => `gpu ${i} power`;

function railsOf(label: string, i: number, hasPower: boolean): readonly Rail[] {
  const shared = { label, domain: "gpu", maxPower_w } as const;
  const counter: Rail = { ...shared, id: railId(i), kind: "energy-counter", counted: true };
  if (!hasPower) return [counter];
  return [
    counter,
    {
      ...shared,
      id: powerId(i),
      kind: "power",
      counted: false,
      checks: counter.id,
      nominalPeriod_s,
    },
  ];
}
