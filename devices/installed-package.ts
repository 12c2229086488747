import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { z } from "zod";
import { UserError } from "../src/errors.ts";

const { resolve } = createRequire(import.meta.url);

/** An npm package that runs networks, as it lies beside this one. */
export interface InstalledPackage {
  readonly folder: string;
  readonly version: string;
}

/** Throws a UserError with the command that installs it where it is not. */
export function installedPackage(name: string): InstalledPackage {
  const folder = folderOf(name);
  const manifest = z
    .object({ version: z.string() })
    .parse(JSON.parse(readFileSync(join(folder, "package.json"), "utf8")));
  return { folder, version: manifest.version };
}

/** The start of the SHA-256 over files, in their order. */
export function hashOfFiles(paths: readonly string[]): string {
  const hash = createHash("sha256");
  for (const path of paths) hash.update(readFileSync(path));
  return hash.digest("hex").slice(0, 16);
}

/** Packages may hide their package.json from `resolve`, but not their main file. */
function folderOf(name: string): string {
  try {
    let folder = dirname(resolve(name));
    while (!existsSync(join(folder, "package.json"))) folder = dirname(folder);
    return folder;
  } catch (error) {
    throw new UserError(`The package ${name} is not installed, which networks are run with`, {
      hint: `npm install ${name}`,
      exit: "unavailable",
      cause: error,
    });
  }
}
