import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { built } from "../support/built.ts";

/** A program beside this file, run until `isEnough` of a line it wrote; then killed with -9. Returns that line. */
export async function killedOnce(
  program: string,
  args: readonly string[],
  isEnough: (line: string) => boolean,
): Promise<string> {
  const child = startProgram(program, args);
  if (!child.stdout) throw new Error(`${program} has no stdout`);
  const ended = once(child, "exit");
  let last = "";
  for await (const line of createInterface({ input: child.stdout })) {
    last = line;
    if (isEnough(line)) child.kill("SIGKILL");
  }
  await ended;
  return last;
}

export const startProgram = (program: string, args: readonly string[]): ChildProcess =>
  spawn(process.execPath, [built(`test/energy-db/${program}`), ...args], {
    stdio: ["ignore", "pipe", "inherit"],
  });
