import { accessSync, constants, existsSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { UserError } from "./errors.ts";

/** Makes a folder and those above it unless they exist. Throws a UserError where nothing can be written. */
export function makeFolder(folder: string): void {
  try {
    makeMissing(folder);
    accessSync(folder, constants.W_OK);
  } catch (cause) {
    throw new UserError(
      `Cannot write to the folder ${folder}: ${cause instanceof Error ? cause.message : cause}`,
      { hint: "Give a path in a folder you may write to.", cause },
    );
  }
}

/** One by one: Node's own recursive way never returns under /proc. */
function makeMissing(folder: string): void {
  if (existsSync(folder)) return;
  makeMissing(dirname(folder));
  mkdirSync(folder);
}
