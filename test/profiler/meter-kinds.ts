import { type PowerRules, usualPower } from "./simulated-device/index.ts";

/** Power that moves as it does on real machines: by 1 % over 20 s, and with others that draw 3 W more for 50 ms twice a second. */
const restless = {
  drift: { sd: 0.01, hold_s: 20 },
  bursts: { bursts_hz: 2, burst_s: 0.05, extra_w: 3 },
} as const;

/** Meters as estimators meet them, by name; the label stands behind their estimators' names. */
export const meterKinds: Readonly<
  Record<string, { readonly power: PowerRules; readonly label: string }>
> = {
  counter: { power: usualPower, label: "" },
  "counter, restless": {
    power: { ...usualPower, ...restless },
    label: ", counter, restless",
  },
  // As nvidia-smi's power.draw: the mean of a second, ten times a second, in hundredths of a watt.
  averaged: {
    power: {
      ...usualPower,
      ...restless,
      period_s: 0.1,
      sensor: { unit_w: 0.01, duty: 1, averaging_s: 1 },
    },
    label: ", averaged power",
  },
  // As A100 and H100 (arXiv 2312.02741): 25 ms of every 100.
  "part-time": {
    power: {
      ...usualPower,
      ...restless,
      period_s: 0.1,
      sensor: { unit_w: 0.01, duty: 0.25, averaging_s: 0 },
    },
    label: ", part-time power",
  },
  // Steps of 0.1 W, as a plug has them, ten times a second.
  coarse: {
    power: {
      ...usualPower,
      ...restless,
      period_s: 0.1,
      sensor: { unit_w: 0.1, duty: 1, averaging_s: 0 },
    },
    label: ", power in steps of 0.1 W",
  },
};
