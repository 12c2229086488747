/**
 * What holds an NVIDIA card's clocks back, by the bits of nvmlDeviceGetCurrentClocksEventReasons and nvidia-smi's
 * `clocks_event_reasons.active` (nvml.h). Idle (0x1) and clocks that somebody set (0x2, 0x100) hold nothing back.
 */
const reasons: readonly (readonly [bit: number, name: string])[] = [
  [0x4, "power limit"],
  [0x8, "hardware slowdown"],
  [0x10, "kept in step with other cards"],
  [0x20, "temperature (software)"],
  [0x40, "temperature (hardware)"],
  [0x80, "power brake"],
];

/** Collects what held cards back while they were read. */
export class ThrottleLog {
  readonly #seen = new Map<string, number[]>();

  /** `mask` is undefined where the driver does not tell. */
  note(card: string, mask: number | undefined): void {
    if (mask === undefined) return;
    const counts = this.#seen.get(card) ?? [0, ...reasons.map(() => 0)];
    counts[0] = (counts[0] ?? 0) + 1;
    for (const [i, [bit]] of reasons.entries())
      if (mask & bit) counts[i + 1] = (counts[i + 1] ?? 0) + 1;
    this.#seen.set(card, counts);
  }

  /** One for each card that was held back, with the share of readings. */
  sentences(): readonly string[] {
    return [...this.#seen].flatMap(([card, [readings = 0, ...counts]]) => {
      const told = reasons.flatMap(([, name], i) => {
        const count = counts[i] ?? 0;
        return count > 0 ? [`${name} (${Math.ceil((100 * count) / readings)} % of readings)`] : [];
      });
      return told.length > 0 ? [`Clocks of ${card} were held back: ${told.join(", ")}`] : [];
    });
  }
}
