import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { startProgram } from "./child.ts";

/** A program that says on stdout what it has done. */
export interface Telling {
  readonly child: ChildProcess;
  /** Resolves when everything it said was heard. */
  readonly silent: Promise<unknown>;
}

/** Starts a program beside this file and waits for its first line: killed before that, it would prove nothing. */
export async function startTelling(
  program: string,
  path: string,
  hear: (line: string) => void,
): Promise<Telling> {
  const child = startProgram(program, [path]);
  if (!child.stdout) throw new Error(`${program} has no stdout`);
  const lines = createInterface({ input: child.stdout });
  lines.on("line", hear);
  const silent = once(lines, "close");
  await Promise.race([once(lines, "line"), silent]);
  return { child, silent };
}

/** Kills it with -9. Throws when it had ended by itself. */
export async function kill({ child, silent }: Telling): Promise<void> {
  if (child.exitCode !== null)
    throw new Error(`${child.spawnargs.join(" ")} ended with ${child.exitCode}`);
  child.kill("SIGKILL");
  await silent;
}

/** Loads that sessions said are stored. */
export class Acknowledged {
  readonly loads = new Map<number, number>();

  readonly hear = (line: string): void => {
    const [session = 0, load = 0] = line.split(" ").map(Number);
    this.loads.set(session, load + 1);
  };
}
