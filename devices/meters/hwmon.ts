import { type Files, whyNothingIn } from "../files.ts";
import type { Meter, Rail } from "../meter.ts";
import type { Surroundings } from "../surroundings.ts";
import { type FileRail, fileMeter } from "./file-rails.ts";
import { readNumber, sensorPeriod } from "./read-number.ts";

const hwmon = "sys/class/hwmon";
/** Power monitors by the name that their driver gives: what others report as power is often a limit or a model. */
const chips =
  /^(ina2(09|19|20|26|30|31|33|37|38|60)|ina3221|ltc29(45|47)|adm1(266|275|278)|scmi_sensors)/;
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

/** Counters of energy, µJ, before power, µW, and that before current times voltage, mA and mV. */
function railsOf(files: Files, folder: string): readonly FileRail[] {
  const chip = files.readText(`${folder}/name`)?.trim() ?? "";
  if (!chips.test(chip)) return [];
  const names = files.list(folder);
  const channels = (kind: string): readonly string[] =>
    names.flatMap((name) => new RegExp(`^${kind}(\\d+)_input$`).exec(name)?.[1] ?? []);
  const numberIn = (file: string) => readNumber(files, `${folder}/${file}_input`);
  const rail = (channel: string, kind: Rail["kind"], read: FileRail["read"]): FileRail => {
    const label = files.readText(`${folder}/${channel}_label`)?.trim() || `${chip} ${channel}`;
    const own = { id: `${folder.split("/").at(-1)} ${label}`, label, kind };
    const period =
      kind === "energy-counter" ? {} : { nominalPeriod_s: sensorPeriod(files, folder) };
    return { rail: { ...own, domain: "board", counted: true, maxPower_w, ...period }, read };
  };
  const energies = channels("energy").map((k) =>
    rail(`energy${k}`, "energy-counter", () => {
      const energy_uj = numberIn(`energy${k}`);
      return energy_uj === undefined ? undefined : { energy_j: energy_uj / 1e6 };
    }),
  );
  if (energies.length > 0) return energies;
  const powers = channels("power").map((k) =>
    rail(`power${k}`, "power", () => {
      const power_uw = numberIn(`power${k}`);
      return power_uw === undefined ? undefined : { power_w: power_uw / 1e6 };
    }),
  );
  if (powers.length > 0) return powers;
  // Shunt voltages have no current of their number; NC: not connected.
  return channels("in")
    .filter((k) => names.includes(`curr${k}_input`))
    .map((k) =>
      rail(`in${k}`, "current-voltage", () => {
        const voltage_mv = numberIn(`in${k}`);
        const current_ma = numberIn(`curr${k}`);
        return voltage_mv === undefined || current_ma === undefined
          ? undefined
          : { voltage_v: voltage_mv / 1e3, current_a: current_ma / 1e3 };
      }),
    )
    .filter((found) => !/\bNC\b/.test(found.rail.label));
}
