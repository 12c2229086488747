import { type Dir, opendirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Files of the machine the agent runs on; paths are relative to a root. */
export interface Files {
  /** Text of a file; undefined when it cannot be read, `whyUnreadable` says why. */
  readText(path: string): string | undefined;
  /** Names in a folder; empty when it cannot be listed, `whyUnlistable` says why. */
  list(path: string): readonly string[];
  /** System error code of listing a folder ("EACCES", "EIO", "ENOENT"), undefined when it can be listed. */
  whyUnlistable(path: string): string | undefined;
  /** System error code of reading a file ("EACCES", "ENOENT"), undefined when it can be read. */
  whyUnreadable(path: string): string | undefined;
}

/** The machine's own files below `root`, so that a folder of fixtures can stand in for sysfs. */
export function filesBelow(root = "/"): Files {
  const attempt = (path: string): { text: string } | { code: string } => {
    try {
      return { text: readFileSync(join(root, path), "utf8") };
    } catch (error) {
      return { code: errorCode(error) };
    }
  };
  return {
    readText: (path) => {
      const read = attempt(path);
      return "text" in read ? read.text : undefined;
    },
    whyUnreadable: (path) => {
      const read = attempt(path);
      return "code" in read ? read.code : undefined;
    },
    list: (path) => {
      const listed = listFolder(join(root, path));
      return "names" in listed ? listed.names : [];
    },
    whyUnlistable: (path) => {
      const listed = listFolder(join(root, path));
      return "code" in listed ? listed.code : undefined;
    },
  };
}

/** opendir and no stat: what umockdev can redirect. */
function listFolder(
  path: string,
): { readonly names: readonly string[] } | { readonly code: string } {
  const names: string[] = [];
  let folder: Dir | undefined;
  try {
    folder = opendirSync(path);
    for (let entry = folder.readSync(); entry; entry = folder.readSync()) names.push(entry.name);
    return { names: names.sort() };
  } catch (error) {
    return { code: errorCode(error) };
  } finally {
    folder?.closeSync();
  }
}

/** Why nothing is in a folder: what is the matter with it, or `otherwise` where it can be listed or is not there. */
export function whyNothingIn(files: Files, path: string, otherwise: string): string {
  const code = files.whyUnlistable(path);
  return code === undefined || code === "ENOENT"
    ? otherwise
    : `/${path} cannot be listed (${code})`;
}

function errorCode(error: unknown): string {
  if (error instanceof Error && "code" in error && typeof error.code === "string")
    return error.code;
  throw error;
}
