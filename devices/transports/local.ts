import { opendirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Transport } from "../transport.ts";

/** This machine. Paths are taken below `root`, so that a folder of fixtures can stand in for sysfs. */
export function localTransport(root = "/"): Transport {
  const attempt = (path: string): { text: string } | { code: string } => {
    try {
      return { text: readFileSync(join(root, path), "utf8") };
    } catch (error) {
      return { code: errorCode(error) };
    }
  };
  return {
    kind: "local",
    readText: async (path) => {
      const read = attempt(path);
      return "text" in read ? read.text : undefined;
    },
    whyUnreadable: async (path) => {
      const read = attempt(path);
      return "code" in read ? read.code : undefined;
    },
    list: async (path) => listFolder(join(root, path)),
    close: async () => undefined,
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
