import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { UserError, unknownName } from "../src/errors.ts";

const id = z.string().regex(/^[a-z0-9][a-z0-9-]*$/, "lower-case letters, digits and hyphens");
const text = z.string().max(1000);

/** What nobody knows, or what differs between devices of one kind. */
const unknown = z.literal("unknown");
const rail = z
  .strictObject({
    /** As the meter calls it; absent where that differs, and the subsystem tells. */
    rail: text.optional(),
    /** As the meter calls what the rail feeds. */
    subsystem: text.optional(),
    measures: text,
    includes: z.array(text).optional(),
    /** Whether it is part of an inference's energy. */
    counted: z.boolean().optional(),
  })
  .refine(({ rail, subsystem }) => rail ?? subsystem, "neither a rail nor a subsystem");

/** One kind of device, or one of the user's own. docs/devices.md describes every field. */
export const deviceEntrySchema = z.strictObject({
  id: z.string().max(200),
  /** Other names that it is found by. */
  aliases: z.array(id).optional(),
  summary: text,
  /** Ways to reach it, the usual one first. */
  transports: z.array(z.enum(["local", "ssh", "adb", "browser", "trace"])).min(1),
  /** Where it is: what ssh calls the host, or the serial that adb lists. */
  address: text.optional(),
  /** Read by ssh in place of ~/.ssh/config. */
  sshConfig: text.optional(),
  /** The command that wattsplit is on the device; default `npx wattsplit`. */
  command: z.array(text).min(1).optional(),
  /** The benchmark program that a runtime needs: on the device, else on this machine, and then it is copied. */
  runner: text.optional(),
  /** Names of runtimes and meters that make sense there, best first. */
  runtimes: z.array(text),
  meters: z.array(text),
  /** What the meters' rails measure, and which of them contain others; none where the device measures nothing. */
  rails: z.union([z.array(rail), unknown]).optional(),
  /** Widths below a multiple of this cost as much as the multiple. */
  widthGranularity: z.union([z.int().min(1), unknown]).optional(),
  /** A measurement does not begin above this temperature. */
  startTemperature_c: z.union([z.number(), unknown]).optional(),
  /** Typical budgets of an inference. */
  budgets: z
    .union([z.strictObject({ latency_s: z.number(), energy_j: z.number() }).partial(), unknown])
    .optional(),
  /** Settings of meters, such as the address of a plug. */
  settings: z.record(text, text).optional(),
  notes: z.array(text).optional(),
  sources: z.array(text),
});

/** Of the catalogue: what is not known is said to be unknown, not left out. */
export const catalogueEntrySchema = deviceEntrySchema.required({
  rails: true,
  widthGranularity: true,
  startTemperature_c: true,
  budgets: true,
});

export type DeviceEntry = z.infer<typeof deviceEntrySchema>;
/** A rail as the catalogue knows it, by its own name or by what it feeds. */
export type CatalogueRail = z.infer<typeof rail>;
export type TransportKind = DeviceEntry["transports"][number];

/** Undefined where nobody knows them. */
export const knownRails = ({
  rails = "unknown",
}: Pick<DeviceEntry, "rails">): readonly CatalogueRail[] | undefined =>
  rails === "unknown" ? undefined : rails;

/** The folder of the user's own devices. */
export const devicesFolder = (
  env: Readonly<Record<string, string | undefined>> = process.env,
): string =>
  env.WATTSPLIT_DEVICES ??
  join(env.XDG_CONFIG_HOME ?? join(homedir(), ".config"), "wattsplit", "devices");

/** Every device of the catalogue, and the user's own; of two with one id the user's. */
export function listDevices(folder = devicesFolder()): readonly DeviceEntry[] {
  const entries = [
    ...entriesIn(catalogFolder, catalogueEntrySchema),
    ...entriesIn(folder, deviceEntrySchema),
  ];
  return [...new Map(entries.map((entry) => [entry.id, entry])).values()];
}

/** What stands for a device named by its address alone, as in `ssh:pi@board`. */
const generic = { ssh: "generic-linux", adb: "generic-android", browser: "android-browser" };

/** The device called so, or reached so: `ID`, `ssh:HOST`, `adb:SERIAL`. Throws a UserError that lists the known ones. */
export function findDevice(name: string, folder = devicesFolder()): DeviceEntry {
  const devices = listDevices(folder);
  const found = devices.find((entry) => entry.id === name || entry.aliases?.includes(name));
  if (found) return found;
  const [, kind, address] = /^(ssh|adb|browser)(?::(.+))?$/.exec(name) ?? [];
  const base = devices.find((entry) => entry.id === generic[kind as keyof typeof generic]);
  if (!base || kind === undefined)
    throw unknownName("device", name, [...devices.map((entry) => entry.id), "ssh:HOST"]);
  return { ...base, id: name, ...(address === undefined ? {} : { address }) };
}

/** Writes one of the user's own devices; returns its path. Throws a UserError when there is one of that id. */
export function addDevice(entry: DeviceEntry, folder = devicesFolder()): string {
  const checked = { ...entry, id: checkedId(entry.id) };
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${checked.id}.json`);
  try {
    writeFileSync(path, `${JSON.stringify(checked, undefined, 2)}\n`, { flag: "wx" });
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    throw new UserError(`There is a device ${checked.id} already: ${path}`, {
      hint: "Give another name, or edit or delete that file.",
      exit: "usage",
      cause: error,
    });
  }
  return path;
}

function checkedId(given: string): string {
  const parsed = id.safeParse(given);
  if (parsed.success) return parsed.data;
  throw new UserError(
    `"${given}" is no name for a device; expected ${id.description ?? "letters, digits and hyphens"}`,
    {
      hint: "For example: wattsplit devices add my-pi --like raspberry-pi-5 --address pi@raspberrypi.local",
      exit: "usage",
    },
  );
}

const catalogFolder = fileURLToPath(new URL("./catalog/", import.meta.url));

function entriesIn(folder: string, schema: z.ZodType<DeviceEntry>): readonly DeviceEntry[] {
  return namesIn(folder)
    .filter((name) => name.endsWith(".json"))
    .sort()
    .map((name) => readEntry(join(folder, name), schema));
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  }
}

function readEntry(path: string, schema: z.ZodType<DeviceEntry>): DeviceEntry {
  try {
    return schema.parse(JSON.parse(readFileSync(path, "utf8")));
  } catch (error) {
    throw new UserError(`${path} describes no device: ${reasonOf(error)}`, {
      hint: "Correct the file, or delete it and run `wattsplit devices add`; docs/devices.md lists the fields.",
      exit: "usage",
      cause: error,
    });
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof z.ZodError)) return error instanceof Error ? error.message : String(error);
  const [issue] = error.issues;
  return `${issue?.path.join(".") || "the file"}: ${issue?.message}`;
}
