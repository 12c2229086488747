import type { Meter, Rail } from "../meter.ts";
import type { Surroundings } from "../surroundings.ts";
import { asked } from "./polled.ts";
import { toolAvailability } from "./tool-availability.ts";

const command = ["vcgencmd", "pmic_read_adc"];
/** Board power over the sum of rails, and above it: github.com/jfikar/RPi5-power, fitted to a meter at the wall. */
const boardOverRails = 1.1327;
const boardAboveRails_w = 0.6444;
/** Every reading starts a program, s. */
const fastestReading_s = 0.1;

const board: Rail = {
  id: "board",
  label: "board, from the sum of the PMIC's rails",
  kind: "power",
  domain: "board",
  counted: true,
  includes: ["rails"],
  maxPower_w: 50,
  nominalPeriod_s: 0.1,
};
const sum: Rail = {
  ...board,
  id: "rails",
  label: "sum of the PMIC's rails",
  counted: false,
  includes: [],
};

/** The power management chip of a Raspberry Pi 5. Its rails see less than the board draws: the rest is derived. */
export const raspberryPiMeter = ({
  transport,
  clock,
}: Pick<Surroundings, "transport" | "clock">): Meter => ({
  id: "raspberry-pi",
  probe: () =>
    toolAvailability(transport, command, {
      note: ({ stdout }) => {
        const power_w = railsPower(stdout);
        return power_w === undefined ? undefined : `${power_w.toFixed(2)} W in its rails now`;
      },
      remedy:
        "A Raspberry Pi 5 with vcgencmd, as a user of the group video; older ones measure no current",
    }),
  describe: async () => ({
    id: "raspberry-pi",
    quality: "derived",
    fastestReading_s,
    rails: [board, sum],
    caveats: [
      `Board power = ${boardOverRails} x the rails + ${boardAboveRails_w} W: regulators and USB ports are not metered.`,
    ],
  }),
  ...asked(clock, async () => {
    const time_s = clock.now_s();
    const power_w = railsPower((await transport.exec(command, { timeout_s: 5 })).stdout);
    return power_w === undefined
      ? []
      : [
          { rail: sum.id, time_s, power_w },
          { rail: board.id, time_s, power_w: boardOverRails * power_w + boardAboveRails_w },
        ];
  }),
});

/** Sum over rails that have both current and voltage, which pair by name: the numbers in parentheses do not. W. */
export function railsPower(text: string): number | undefined {
  const readings = [...text.matchAll(/^\s*(\S+)_([AV])\s+(?:current|volt)\(\d+\)=([\d.]+)[AV]/gm)];
  const of = (kind: string) =>
    new Map(
      readings.flatMap(([, name = "", own, value]) =>
        own === kind ? [[name, Number(value)]] : [],
      ),
    );
  const voltages_v = of("V");
  const powers_w = [...of("A")].flatMap(
    ([name, current_a]) => current_a * (voltages_v.get(name) ?? Number.NaN),
  );
  const known = powers_w.filter((power_w) => !Number.isNaN(power_w));
  return known.length === 0 ? undefined : known.reduce((total, power_w) => total + power_w, 0);
}
