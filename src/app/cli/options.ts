import { InvalidArgumentError, Option } from "commander";
import { parseDuration } from "../../units.ts";
import { type ImageShape, parseImageShape } from "../workflows/asked-kernel.ts";

/** Argument parsers that say what was expected; commander adds the flag and the value given. */

const number = (text: string): number => (text.trim() === "" ? Number.NaN : Number(text));

export function positive(text: string): number {
  const value = number(text);
  if (!(value > 0 && Number.isFinite(value)))
    throw new InvalidArgumentError("Expected a number above 0.");
  return value;
}

export function atLeastOne(text: string): number {
  const value = number(text);
  if (!(value >= 1 && Number.isFinite(value)))
    throw new InvalidArgumentError("Expected a number from 1.");
  return value;
}

export function nonNegative(text: string): number {
  const value = number(text);
  if (!(value >= 0 && Number.isFinite(value)))
    throw new InvalidArgumentError("Expected a number from 0.");
  return value;
}

export function count(text: string): number {
  const value = number(text);
  if (!(Number.isInteger(value) && value > 0))
    throw new InvalidArgumentError("Expected a whole number above 0.");
  return value;
}

export function wholeNumber(text: string): number {
  const value = number(text);
  if (!(Number.isInteger(value) && value >= 0))
    throw new InvalidArgumentError("Expected a whole number from 0.");
  return value;
}

export function seedNumber(text: string): number {
  const value = number(text);
  if (!(Number.isInteger(value) && value >= 0 && value < 2 ** 32))
    throw new InvalidArgumentError("Expected a whole number from 0 to 4294967295.");
  return value;
}

export function fraction(text: string): number {
  const value = number(text);
  if (!(value > 0 && value < 1))
    throw new InvalidArgumentError("Expected a fraction between 0 and 1, for example 0.02.");
  return value;
}

/** From 0 to 1, both included. */
export function share(text: string): number {
  const value = number(text);
  if (!(value >= 0 && value <= 1))
    throw new InvalidArgumentError("Expected a share from 0 to 1, for example 0.5.");
  return value;
}

export function duration_s(text: string): number {
  const seconds = parseDuration(text);
  if (seconds === undefined || seconds <= 0)
    throw new InvalidArgumentError("Expected a time such as 90s, 10m or 1.5h.");
  return seconds;
}

export function imageShape(text: string): ImageShape {
  const shape = parseImageShape(text);
  if (!shape)
    throw new InvalidArgumentError("Expected HEIGHTxWIDTHxCHANNELS, for example 28x28x16.");
  return shape;
}

/** Flags with the same meaning everywhere. */
export const shared = {
  db: () =>
    new Option("--db <file>", "the energy table, an SQLite file")
      .env("WATTSPLIT_DB")
      .default("energy.db"),
  device: () =>
    new Option("--device <id>", "the device, as listed by `wattsplit devices`")
      .env("WATTSPLIT_DEVICE")
      .default("local"),
  runtime: () =>
    new Option("--runtime <id>", "the runtime on the device (default: the device's first)"),
  platform: () =>
    new Option(
      "--platform <n>",
      "instead of a device: the platform's number in `query platforms`, where several match",
    ).argParser(count),
  precision: () =>
    new Option(
      "--precision <format>",
      "number format that the runtime computes in (default: its usual one)",
    ).choices(["float32", "float16", "int8"]),
  runner: () =>
    new Option(
      "--runner <path>",
      "the runtime's benchmark program: on the device, else a file here that is copied",
    ),
  setting: () =>
    new Option(
      "--setting <name=value>",
      "of a meter or runtime: shelly=ADDRESS, gauge=uA-, rails=...; may be given again",
    ).argParser(collectedSettings),
  meter: () =>
    new Option(
      "--meter <id>",
      "the energy meter; auto takes the best that works, trace leaves it to `devices trace`",
    ).default("auto"),
  threads: () =>
    new Option("--threads <n>", "threads of the runtime on the device").argParser(count).default(1),
  assumePower: () =>
    new Option(
      "--assume-power <watts>",
      "model energy as time x this power; labelled `modelled` everywhere",
    ).argParser(positive),
  method: () =>
    new Option(
      "--method <how>",
      "kernels timed inside whole networks, or each alone in a hot loop, as other tools' tables are made",
    )
      .choices(["in-context", "isolated"])
      .default("in-context"),
  sustained: () =>
    new Option(
      "--sustained",
      "measure in the heat of long work, not after cooling down: a platform of its own",
    ),
  allowConditions: () =>
    new Option(
      "--allow-conditions",
      "measure although the device is hot, charging, asleep or low on battery; flags the rows",
    ),
  patience: () =>
    new Option(
      "--patience <time>",
      "wait at most this long for calm moments of the machine, then measure in its noise",
    ).argParser(duration_s),
  seed: () =>
    new Option("--seed <n>", "seed of everything random").argParser(seedNumber).default(0),
  json: () => new Option("--json", "print one JSON document with SI numbers"),
} as const;

/** One setting of a device: its name and value. */
export type Setting = readonly [string, string];

function collectedSettings(text: string, before: readonly Setting[] = []): readonly Setting[] {
  const [, name, value] = /^([\w-]+)=(.*)$/s.exec(text) ?? [];
  if (name === undefined || value === undefined)
    throw new InvalidArgumentError("Expected NAME=VALUE.");
  return [...before, [name, value]];
}
