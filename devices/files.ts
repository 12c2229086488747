import { opendirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Files of the machine the agent runs on; paths are relative to a root. */
export interface Files {
  /** Text of a file; undefined when it cannot be read, `whyUnreadable` says why. */
  readText(path: string): string | undefined;
  /** Names in a folder; empty when there is no such folder. */
  list(path: string): readonly string[];
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
    list: (path) => listFolder(join(root, path)),
  };
}

/** opendir and no stat: what umockdev can redirect. */
function listFolder(path: string): readonly string[] {
  const names: string[] = [];
  try {
    const folder = opendirSync(path);
    for (let entry = folder.readSync(); entry; entry = folder.readSync()) names.push(entry.name);
    folder.closeSync();
  } catch (error) {
    if (errorCode(error) !== "ENOENT") throw error;
  }
  return names.sort();
}

function errorCode(error: unknown): string {
  if (error instanceof Error && "code" in error && typeof error.code === "string")
    return error.code;
  throw error;
}
