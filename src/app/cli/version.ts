import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** package.json stands three folders up in a checkout, four up in the built package. */
const places = ["../../../package.json", "../../../../package.json"];

/** The version in package.json, read as it was written by us: checking it with zod takes longer than `--help` does. */
export function toolVersion(): string {
  const path = places
    .map((place) => fileURLToPath(new URL(place, import.meta.url)))
    .find((candidate) => existsSync(candidate));
  if (!path) throw new Error("No package.json above the command line");
  return (JSON.parse(readFileSync(path, "utf8")) as { readonly version: string }).version;
}
