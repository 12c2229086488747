import { type Files, whyNothingIn } from "../files.ts";
import type { Meter } from "../meter.ts";
import type { Surroundings } from "../surroundings.ts";
import { type FileRail, fileMeter } from "./file-rails.ts";
import { readNumber, sensorPeriod } from "./read-number.ts";

const hwmon = "sys/class/hwmon";
/** Power monitors by the name that their driver gives: what others report as power is often a limit or a model. */
const chips = /^(ina2(09|19|20|26|30|31|33|37|38|60)|ltc29(45|47)|adm1(266|275|278)|scmi_sensors)/;
const maxPower_w = 1000;

/** Power monitors such as INA219, INA226 and INA260 that the kernel shows through hwmon. */
export const hwmonMeter = ({
  files,
  clock,
  settings,
}: Pick<Surroundings, "files" | "clock" | "settings">): Meter =>
  fileMeter(clock, () => {
    const found = files.list(hwmon).flatMap((name) => railsOf(files, `${hwmon}/${name}`));
    const wanted = settings.rails?.split(",") ?? found.map(({ rail }) => rail.label);
    const rails = found.map(({ rail, read }) => ({
      read,
      rail: { ...rail, counted: wanted.includes(rail.label) },
    }));
    return {
      id: "hwmon",
      quality: "measured",
      caveats: [
        "The scale is that of the shunt resistor that the driver was told: check shunt_resistor.",
      ],
      rails,
      refusal: refusalOf(files, rails, settings.rails),
    };
  });

function refusalOf(files: Files, rails: readonly FileRail[], wanted: string | undefined) {
  const labels = rails.map(({ rail }) => rail.label).join(", ");
  if (rails.length === 0)
    return {
      ok: false as const,
      reason: whyNothingIn(files, hwmon, `no power monitor in /${hwmon}`),
      remedy:
        "Connect an INA226 or the like, then: echo ina226 0x40 | sudo tee /sys/bus/i2c/devices/i2c-1/new_device",
    };
  if (wanted === undefined ? rails.length > 1 : !rails.some(({ rail }) => rail.counted))
    return {
      ok: false as const,
      reason: `which of the rails ${labels} contain others is not known`,
      remedy: `Name those that make the total in the device's file: "settings": { "rails": "${rails[0]?.rail.label}" }`,
    };
  return undefined;
}

/** Counters of energy, µJ, before power, µW. */
function railsOf(files: Files, folder: string): readonly FileRail[] {
  const chip = files.readText(`${folder}/name`)?.trim() ?? "";
  if (!chips.test(chip)) return [];
  const names = files.list(folder);
  const counters = names.filter((name) => /^energy\d+_input$/.test(name));
  const files_ =
    counters.length > 0 ? counters : names.filter((name) => /^power\d+_input$/.test(name));
  return files_.map((name) => {
    const isCounter = name.startsWith("energy");
    const label = files.readText(`${folder}/${name.replace("_input", "_label")}`)?.trim();
    const channel = label || `${chip} ${name.replace("_input", "")}`;
    return {
      rail: {
        id: `${folder.split("/").at(-1)} ${channel}`,
        label: channel,
        kind: isCounter ? "energy-counter" : "power",
        domain: "board",
        counted: true,
        maxPower_w,
        ...(isCounter ? {} : { nominalPeriod_s: sensorPeriod(files, folder) }),
      },
      read: () => {
        const value = readNumber(files, `${folder}/${name}`);
        if (value === undefined) return undefined;
        return isCounter ? { energy_j: value / 1e6 } : { power_w: value / 1e6 };
      },
    };
  });
}
