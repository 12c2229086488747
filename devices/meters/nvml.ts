import type { Availability, Meter, Rail } from "../meter.ts";
import type { Surroundings } from "../surroundings.ts";
import { polled } from "./polled.ts";

const maxPower_w = 2000;
const success = 0;

/** What is used of NVIDIA's management library. */
export interface Nvml {
  cards(): readonly { readonly name: string; energy_mj(): number | undefined }[];
}

/** Energy counters of NVIDIA cards from Volta on, through NVIDIA's management library. */
export function nvmlMeter(
  { clock }: Pick<Surroundings, "clock">,
  load: () => Promise<Nvml> = loadNvml,
): Meter {
  let cards: ReturnType<Nvml["cards"]> = [];
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
      rails: cards.map(({ name }, i) => railOf(name, i)),
      caveats: ["The card, not the machine around it. The counter ticks about every 0.1 s."],
    }),
    ...polled(clock, () =>
      cards.flatMap((card, i) => {
        const energy_mj = card.energy_mj();
        return energy_mj === undefined
          ? []
          : [{ rail: `gpu ${i}`, time_s: clock.now_s(), energy_j: energy_mj / 1e3 }];
      }),
    ),
  };
}

const railOf = (label: string, i: number): Rail => ({
  id: `gpu ${i}`,
  label,
  kind: "energy-counter",
  domain: "gpu",
  counted: true,
  maxPower_w,
});

async function loadNvml(): Promise<Nvml> {
  const { default: koffi } = await import("koffi");
  const library = koffi.load("libnvidia-ml.so.1");
  const init = library.func("int nvmlInit_v2()");
  const count = library.func("int nvmlDeviceGetCount_v2(_Out_ uint32_t *count)");
  const handle = library.func(
    "int nvmlDeviceGetHandleByIndex_v2(uint32_t index, _Out_ void **device)",
  );
  const energy = library.func(
    "int nvmlDeviceGetTotalEnergyConsumption(void *device, _Out_ uint64_t *energy)",
  );
  const name = library.func(
    "int nvmlDeviceGetName(void *device, _Out_ char *name, uint32_t length)",
  );
  if (init() !== success) throw new Error("the driver is not loaded");
  const cards = [0];
  count(cards);
  return {
    cards: () =>
      Array.from({ length: cards[0] ?? 0 }, (_, index) => {
        const device: unknown[] = [null];
        handle(index, device);
        const text = Buffer.alloc(96);
        name(device[0], text, text.length);
        return {
          name: text.toString("utf8").replace(/\0.*$/s, "") || `card ${index}`,
          energy_mj: () => {
            const value = [0];
            return energy(device[0], value) === success ? Number(value[0]) : undefined;
          },
        };
      }),
  };
}
