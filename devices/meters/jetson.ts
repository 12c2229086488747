import { type Files, whyNothingIn } from "../files.ts";
import type { Meter, Rail, RailDomain } from "../meter.ts";
import type { Surroundings } from "../surroundings.ts";
import { type FileRail, fileMeter } from "./file-rails.ts";
import { readNumber, sensorPeriod } from "./read-number.ts";

const i2c = "sys/bus/i2c/drivers";
/** Older images have the first with iio files, JetPack 5 and later the others with hwmon files. */
const drivers = ["ina3221x", "ina3221", "ina238"].map((name) => `${i2c}/${name}`);
/** Rails that feed the whole board: all others are inside. */
const wholeBoard = /^(VDD_IN|POM_5V_IN|VIN)$/;
/** Rails of AGX Orin that another rail feeds, where no rail is the whole board's. */
const inside: Readonly<Record<string, string>> = { VDDQ_VDD2_1V8AO: "VIN_SYS_5V0" };
const maxPower_w = 200;

/** The INA3221 and INA238 sensors on NVIDIA Jetson boards. */
export const jetsonMeter = ({ files, clock }: Pick<Surroundings, "files" | "clock">): Meter =>
  fileMeter(clock, () => {
    const rails = withContainment(drivers.flatMap((driver) => sensorsBelow(files, driver)));
    return {
      id: "jetson",
      quality: "measured",
      caveats: [
        "The module's input, not the carrier board's: fans, disks and USB are outside where they have their own supply.",
      ],
      rails,
      refusal:
        rails.length > 0
          ? undefined
          : {
              ok: false,
              reason: whyNothingIn(files, i2c, `no INA3221 or INA238 sensor in /${i2c}`),
              remedy:
                "On a Jetson: sudo modprobe ina3221, or run as root; other boards have other meters",
            },
    };
  });

interface Named {
  readonly name: string;
  readonly read: FileRail["read"];
  readonly kind: Rail["kind"];
  readonly nominalPeriod_s: number;
}

function sensorsBelow(files: Files, driver: string): readonly Named[] {
  return files
    .list(driver)
    .filter((name) => /^\d+-[0-9a-f]{4}$/.test(name))
    .flatMap((chip) => {
      const folder = `${driver}/${chip}`;
      const iio = files.list(folder).filter((name) => name.startsWith("iio:device"));
      const hwmon = files.list(`${folder}/hwmon`);
      return [
        ...iio.flatMap((name) => iioRails(files, `${folder}/${name}`)),
        ...hwmon.flatMap((name) => hwmonRails(files, `${folder}/hwmon/${name}`)),
      ];
    });
}

/** rail_name_K beside in_powerK_input, mW. */
const iioRails = (files: Files, folder: string): readonly Named[] =>
  numbered(files, folder, /^rail_name_(\d+)$/).map(({ name, k }) => ({
    name,
    kind: "power",
    nominalPeriod_s: sensorPeriod(files, folder),
    read: () => {
      const power_mw = readNumber(files, `${folder}/in_power${k}_input`);
      return power_mw === undefined ? undefined : { power_w: power_mw / 1e3 };
    },
  }));

/** inK_label beside inK_input, mV, and currK_input, mA; of an INA238 power1_input, µW. Shunt channels have no current. */
function hwmonRails(files: Files, folder: string): readonly Named[] {
  if (files.list(folder).includes("power1_input"))
    return [
      {
        name: "VIN",
        kind: "power",
        nominalPeriod_s: sensorPeriod(files, folder),
        read: () => {
          const power_uw = readNumber(files, `${folder}/power1_input`);
          return power_uw === undefined ? undefined : { power_w: power_uw / 1e6 };
        },
      },
    ];
  return numbered(files, folder, /^in(\d+)_label$/)
    .filter(({ k }) => files.list(folder).includes(`curr${k}_input`))
    .map(({ name, k }) => ({
      name,
      kind: "current-voltage",
      nominalPeriod_s: sensorPeriod(files, folder),
      read: () => {
        const voltage_mv = readNumber(files, `${folder}/in${k}_input`);
        const current_ma = readNumber(files, `${folder}/curr${k}_input`);
        return voltage_mv === undefined || current_ma === undefined
          ? undefined
          : { voltage_v: voltage_mv / 1e3, current_a: current_ma / 1e3 };
      },
    }));
}

/** Labels in a folder with their number; channels that are not connected are left out. */
const numbered = (files: Files, folder: string, pattern: RegExp) =>
  files.list(folder).flatMap((file) => {
    const k = pattern.exec(file)?.[1];
    const name = k === undefined ? undefined : files.readText(`${folder}/${file}`)?.trim();
    return k === undefined || !name || /\bNC\b/.test(name) ? [] : [{ name, k }];
  });

/** Total = the whole board's rail, or where there is none those that no other feeds. */
function withContainment(sensors: readonly Named[]): readonly FileRail[] {
  const names = sensors.map(({ name }) => name);
  const whole = names.find((name) => wholeBoard.test(name));
  const includesOf = (name: string): readonly string[] =>
    name === whole
      ? names.filter((other) => other !== name)
      : names.filter((other) => inside[other] === name);
  return sensors.map(({ name, kind, nominalPeriod_s, read }) => ({
    read,
    rail: {
      id: name,
      label: name,
      kind,
      domain: domainOf(name),
      counted: whole === undefined ? !names.includes(inside[name] ?? "") : name === whole,
      includes: includesOf(name),
      maxPower_w,
      nominalPeriod_s,
    },
  }));
}

function domainOf(name: string): RailDomain {
  if (wholeBoard.test(name)) return "board";
  if (/GPU/.test(name)) return "gpu";
  if (/CPU/.test(name)) return "cpu";
  return /DDR/.test(name) ? "dram" : "other";
}
