import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UserError } from "../../src/errors.ts";
import type { Availability } from "../meter.ts";
import type { Surroundings } from "../surroundings.ts";
import { type Executed, TransportError } from "../transport.ts";

/** Every batch starts the program and loads the model: as long as that takes, about, s. */
export const shortestProgramBatch_s = 0.05;
export const runTimeout_s = 300;

/** A benchmark program on a device, and the folder there that its models are copied to. */
export interface Runner {
  /** Where the program is; copied there when it was not. Throws a UserError when it is nowhere. */
  path(): Promise<string>;
  /** Copies a model there; returns its path. */
  copyModel(bytes: Uint8Array): Promise<string>;
  remove(path: string): Promise<void>;
  /** The start of its SHA-256; "unknown" where the device cannot tell. */
  build(): Promise<string>;
}

/**
 * The runner that the device's settings name: a program that is on the device already, else a file of this machine, which is
 * copied. Everything that is written is called by names of our own: nothing from elsewhere becomes a path.
 */
export function runnerOn(
  { transport, settings, folder }: Pick<Surroundings, "transport" | "settings" | "folder">,
  { program, remedy }: { readonly program: string; readonly remedy: string },
): Runner {
  let place: Promise<string> | undefined;
  let models = 0;
  let made: Promise<unknown> | undefined;
  const makeFolder = (): Promise<unknown> => {
    made ??= transport.exec(["mkdir", "-p", "-m", "700", folder]);
    return made;
  };
  const find = async (): Promise<string> => {
    const { runner = "" } = settings;
    if (runner && (await transport.exec(["test", "-x", runner])).code === 0) return runner;
    if (!runner || !existsSync(runner))
      throw new UserError(
        runner
          ? `${runner} is no program on ${transport.name}, nor a file here`
          : "no runner was named",
        { hint: remedy, exit: "unavailable" },
      );
    await makeFolder();
    await transport.push(runner, `${folder}/${program}`, { mode: 0o755 });
    return `${folder}/${program}`;
  };
  const path = (): Promise<string> => {
    place ??= find();
    return place;
  };
  return {
    path,
    copyModel: async (bytes) => {
      const here = mkdtempSync(join(tmpdir(), "wattsplit-model-"));
      try {
        writeFileSync(join(here, "model"), bytes);
        const there = `${folder}/model${++models}`;
        await makeFolder();
        await transport.push(join(here, "model"), there, { mode: 0o644 });
        return there;
      } finally {
        rmSync(here, { recursive: true });
      }
    },
    remove: async (file) => void (await transport.exec(["rm", "-f", file])),
    build: async () => {
      const { code, stdout } = await transport.exec(["sha256sum", await path()]);
      return code === 0 ? stdout.slice(0, 16) : "unknown";
    },
  };
}

/** Tries a runner; what a person can mend becomes the answer. */
export async function probed(
  attempt: () => Promise<Availability>,
  remedy: string,
): Promise<Availability> {
  try {
    return await attempt();
  } catch (error) {
    if (!(error instanceof TransportError || error instanceof UserError)) throw error;
    return {
      ok: false,
      reason: error.message,
      remedy: error instanceof UserError ? error.hint : remedy,
    };
  }
}

/** The code of a shell whose program was ended by SIGKILL: by a system short of memory, or by hand. */
const killed = 128 + 9;

/** Throws a TransportError, after which the script runs again, when a program was killed. */
export function requireAlive(program: string, { code }: Executed): void {
  if (code === killed) throw new TransportError("lost", `${program} was killed on the device`);
}

/** The last thing that a program said. */
export const lastLine = (text: string): string => text.trim().split("\n").at(-1) ?? "";
