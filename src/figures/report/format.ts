import { formatBytes, formatCount } from "../../units.ts";
import { costWords } from "../quantity.ts";
import type { Provenance, Reading } from "../rows.ts";
import type { BudgetQuantity, EnergyNote, PlatformRow } from "./data.ts";
import { html, type Markup } from "./html.ts";

/** How each budgeted quantity is called and written. */
export const quantityWords: {
  readonly [Q in BudgetQuantity]: {
    readonly name: string;
    readonly format: (value: number) => string;
  };
} = {
  ...costWords,
  macs: { name: "multiply-accumulates", format: formatCount },
  parameters: { name: "parameters", format: formatCount },
  peakMemory_bytes: { name: "peak activation memory", format: formatBytes },
};

/** A number, its interval and the word that says how it came to be. */
export function readingMarkup(
  reading: Reading | undefined,
  format: (value: number) => string,
): Markup {
  if (!reading) return html`<span class="absent">absent</span>`;
  return html`${format(reading.value)}${halfWidthMarkup(reading, format)} ${provenanceTag(reading.provenance)}`;
}

/** The 95 % interval as "± 4 %", its ends on hover: short enough for a table. */
function halfWidthMarkup(
  { value, low, high }: Reading,
  format: (value: number) => string,
): Markup | undefined {
  if (low === undefined || high === undefined || value === 0) return undefined;
  const share = Number(((50 * (high - low)) / Math.abs(value)).toPrecision(2));
  return html` <span class="interval" title="${format(low)} – ${format(high)}">± ${share} %</span>`;
}

/** The 95 % interval in brackets; nothing where there is none. */
export function intervalMarkup({ low, high }: Reading, format: (value: number) => string): Markup {
  if (low === undefined || high === undefined) return html``;
  return html` <span class="interval">(${format(low)} – ${format(high)})</span>`;
}

export const provenanceTag = (provenance: Provenance): Markup =>
  html`<span class="tag ${provenance}">${provenance}</span>`;

/** What each word of provenance promises. */
export const provenanceMeanings: { readonly [P in Provenance]: string } = {
  measured: "read from a clock, sensor or counter on the device",
  derived: "measured, then corrected by a published formula or split by a fitted model",
  modelled: "time × an assumed power, only because --assume-power was given",
  interpolated: "between measured widths of the same kernel",
  predicted: "the sum over a network's kernels from the table; the network itself was not run",
  imported: "from another tool's table",
  simulated: "from a simulated device",
};

/** One sentence on where the joules come from, with the flag that changes it. */
export function energyMarkup(note: EnergyNote): Markup {
  switch (note.kind) {
    case "absent":
      return html`This device has no energy meter, so no energy is shown; <code>--assume-power W</code> would model it from time.`;
    case "modelled":
      return html`Energy is time × an assumed ${note.power_w} W, not a measurement; change it with <code>--assume-power</code>.`;
    case "measured":
      return html`Energy comes from the meter ${note.meter} ${provenanceTag(note.provenance)}.`;
  }
}

/** Closes a caption: on which platforms and when the numbers were taken. */
export function platformsSentence(platforms: readonly PlatformRow[] = []): string {
  return platforms
    .map((platform) => {
      const days = measuredDays(platform);
      return ` ${platformLine(platform)}${days && `; measured ${days}`}.`;
    })
    .join("");
}

/** "2026-03-01", or two days with "to" between them; empty when unknown. */
export function measuredDays({ measuredFrom, measuredTo }: PlatformRow): string {
  const days = [measuredFrom, measuredTo].flatMap((time) => (time ? [dayOf(time)] : []));
  return [...new Set(days)].join(" to ");
}

/** "local: Xeon, ort-cpu 1.30.0, float32, 1 thread, governor performance". */
export function platformLine(platform: PlatformRow): string {
  const { device, processor, runtime, runtimeVersion, precision, threads, powerMode } = platform;
  const parts = [
    processor,
    `${runtime} ${runtimeVersion}`,
    precision,
    `${threads} ${threads === 1 ? "thread" : "threads"}`,
    `power mode ${powerMode}`,
  ];
  return `${device}: ${parts.join(", ")}`;
}

/** The day of an ISO 8601 time. */
export const dayOf = (iso: string): string => iso.slice(0, 10);
