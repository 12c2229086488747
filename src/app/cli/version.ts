import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { z } from "zod";

/** package.json stands three folders up in a checkout, four up in the built package. */
const places = ["../../../package.json", "../../../../package.json"];

/** The version in package.json. */
export function toolVersion(): string {
  const path = places
    .map((place) => fileURLToPath(new URL(place, import.meta.url)))
    .find((candidate) => existsSync(candidate));
  if (!path) throw new Error("No package.json above the command line");
  return z.object({ version: z.string() }).parse(JSON.parse(readFileSync(path, "utf8"))).version;
}
