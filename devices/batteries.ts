import type { Files } from "./files.ts";

const supplies = "sys/class/power_supply";

/** Folders of the batteries that a machine runs on; those of its mice and headsets have the scope "Device". */
export const batteriesIn = (files: Files): readonly string[] =>
  files
    .list(supplies)
    .map((name) => `${supplies}/${name}`)
    .filter(
      (folder) =>
        files.readText(`${folder}/type`)?.trim() === "Battery" &&
        files.readText(`${folder}/scope`)?.trim() !== "Device" &&
        files.readText(`${folder}/present`)?.trim() !== "0",
    );

/** What a battery does, in the kernel's word (Documentation/ABI/testing/sysfs-class-power). */
export const batteryStatus = (files: Files, folder: string): string | undefined =>
  files.readText(`${folder}/status`)?.trim();

export const suppliesFolder = supplies;
