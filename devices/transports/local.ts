import { chmod, copyFile } from "node:fs/promises";
import type { Transport } from "../transport.ts";
import { execProgram, type SpawnSurroundings, startProgram } from "./child.ts";

/** This machine. */
export const localTransport = (surroundings: SpawnSurroundings = {}): Transport => ({
  name: "local",
  exec: (argv, options) => execProgram(argv, options, surroundings),
  stream: (argv) => startProgram(argv, surroundings),
  push: async (from, to, { mode } = {}) => {
    await copyFile(from, to);
    if (mode !== undefined) await chmod(to, mode);
  },
  pull: (from, to) => copyFile(from, to),
  forward: async (port) => ({ devicePort: port, close: async () => undefined }),
  close: async () => undefined,
});
