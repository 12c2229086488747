/** SI inside, readable outside: formats with three significant digits and a metric prefix. */

const prefixes = [
  { factor: 1e9, symbol: "G" },
  { factor: 1e6, symbol: "M" },
  { factor: 1e3, symbol: "k" },
  { factor: 1, symbol: "" },
  { factor: 1e-3, symbol: "m" },
  { factor: 1e-6, symbol: "µ" },
  { factor: 1e-9, symbol: "n" },
] as const;

/** Three significant digits without exponent: 0.001234 -> "0.00123", 1234.5 -> "1230". */
export function formatNumber(value: number): string {
  return Number.isFinite(value) ? String(Number(value.toPrecision(3))) : String(value);
}

function formatSi(value: number, unit: string): string {
  if (value === 0 || !Number.isFinite(value)) return `${value} ${unit}`;
  const magnitude = Math.abs(Number(value.toPrecision(3)));
  const prefix =
    prefixes.find(({ factor }) => magnitude >= factor) ?? prefixes[prefixes.length - 1];
  const { factor, symbol } = prefix ?? { factor: 1, symbol: "" };
  return `${formatNumber(value / factor)} ${symbol}${unit}`;
}

/** Seconds as "512 µs", "3.21 ms", "1.5 s". */
export const formatSeconds = (seconds: number): string => formatSi(seconds, "s");

/** Joules as "1.2 mJ". */
export const formatJoules = (joules: number): string => formatSi(joules, "J");

/** A fraction as a percentage with two decimals: 0.0123 -> "1.23 %", 0.98765 -> "98.77 %". */
export const formatPercent = (fraction: number): string =>
  `${Number((fraction * 100).toFixed(2))} %`;

/** A count with a metric prefix and no unit: 552672 -> "553 k". */
export const formatCount = (count: number): string => formatSi(count, "").trimEnd();

/** Bytes in binary units: 262144 -> "256 KiB". */
export function formatBytes(bytes: number): string {
  const unit = [2 ** 30, 2 ** 20, 2 ** 10].find((size) => bytes >= size) ?? 1;
  return `${formatNumber(bytes / unit)} ${binaryUnits[Math.log2(unit) / 10]}`;
}

const binaryUnits = ["B", "KiB", "MiB", "GiB"] as const;

/** A wait as a clock: 75 s -> "1:15", 3700 s -> "1:01:40". */
export function formatDuration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const shown = parts[0] ? parts : parts.slice(1);
  return shown.map((part, i) => (i === 0 ? String(part) : String(part).padStart(2, "0"))).join(":");
}

const secondsPerUnit = { s: 1, m: 60, min: 60, h: 3600 } as const;

/** "90", "90s", "10m", "1.5h" as seconds; undefined when it is none of these. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*(s|m|min|h)?$/.exec(text.trim());
  if (!match) return undefined;
  const unit = (match[2] ?? "s") as keyof typeof secondsPerUnit;
  return Number(match[1]) * secondsPerUnit[unit];
}
