const success = 0;

/** What is used of NVIDIA's management library. */
export interface Nvml {
  cards(): readonly NvmlCard[];
}

/** Every number is undefined where card or driver does not tell it. */
export interface NvmlCard {
  readonly name: string;
  energy_mj(): number | undefined;
  power_mw(): number | undefined;
  /** Bits of nvml.h's nvmlClocksEventReasons. */
  throttleReasons(): number | undefined;
}

/** Throws where the library is missing or its driver is not loaded. */
export async function loadNvml(): Promise<Nvml> {
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
  const power = library.func("int nvmlDeviceGetPowerUsage(void *device, _Out_ uint32_t *power)");
  const throttle = firstOf(
    ["nvmlDeviceGetCurrentClocksEventReasons", "nvmlDeviceGetCurrentClocksThrottleReasons"],
    (symbol) => library.func(`int ${symbol}(void *device, _Out_ uint64_t *reasons)`),
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
        const numberOf =
          (ask: (device: unknown, value: unknown[]) => number) => (): number | undefined => {
            const value: unknown[] = [0];
            return ask(device[0], value) === success ? Number(value[0]) : undefined;
          };
        return {
          name: text.toString("utf8").replace(/\0.*$/s, "") || `card ${index}`,
          energy_mj: numberOf(energy),
          power_mw: numberOf(power),
          throttleReasons: throttle ? numberOf(throttle) : () => undefined,
        };
      }),
  };
}

/** Drivers before 535 know the older name alone. */
function firstOf<T>(symbols: readonly string[], load: (symbol: string) => T): T | undefined {
  for (const symbol of symbols)
    try {
      return load(symbol);
    } catch {
      // Another driver's name.
    }
  return undefined;
}
