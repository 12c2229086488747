import { type ChildProcess, spawn } from "node:child_process";
import {
  type ExecOptions,
  type Executed,
  type RunningProgram,
  TransportError,
} from "../transport.ts";

export const defaultTimeout_s = 30;
/** More output than any tool gives that is asked here. */
export const maxOutputBytes = 64 * 2 ** 20;

export interface SpawnSurroundings {
  readonly env?: NodeJS.ProcessEnv | undefined;
  /** Its standard input stays open until it ends; else it is empty. */
  readonly holdsInput?: boolean;
}

/** Runs a program of this machine to its end. */
export function execProgram(
  argv: readonly string[],
  { timeout_s = defaultTimeout_s, signal }: ExecOptions = {},
  { env, holdsInput = false }: SpawnSurroundings = {},
): Promise<Executed> {
  const [program = "", ...args] = argv;
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const child = spawn(program, args, { stdio: "pipe", env });
    const stop = (reason: unknown): void => {
      child.kill("SIGKILL");
      reject(reason);
    };
    const timer = setTimeout(
      () => stop(new TransportError("timeout", `${program} did not end within ${timeout_s} s`)),
      timeout_s * 1000,
    );
    const abort = (): void => stop(signal?.reason);
    signal?.addEventListener("abort", abort, { once: true });
    const settle = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
    };
    const output = { stdout: collected(child.stdout, stop), stderr: collected(child.stderr, stop) };
    child.once("error", (error) => {
      settle();
      reject(startFailure(program, error));
    });
    child.once("close", (code, killedBy) => {
      settle();
      child.stdin.destroy();
      if (killedBy) reject(new TransportError("lost", `${program} was ended by ${killedBy}`));
      else resolve({ code: code ?? -1, stdout: output.stdout(), stderr: output.stderr() });
    });
    // A program that ends early leaves its input unread.
    child.stdin.on("error", () => undefined);
    if (!holdsInput) child.stdin.end();
  });
}

function collected(stream: NodeJS.ReadableStream, stop: (reason: Error) => void): () => string {
  const chunks: Buffer[] = [];
  let bytes = 0;
  stream.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > maxOutputBytes)
      stop(new TransportError("lost", `a program printed more than ${maxOutputBytes} bytes`));
    else chunks.push(chunk);
  });
  return () => Buffer.concat(chunks).toString("utf8");
}

export const startFailure = (program: string, error: Error): TransportError =>
  "code" in error && error.code === "ENOENT"
    ? new TransportError("missing", `${program} is not installed, or not in the PATH`)
    : new TransportError("lost", `${program} cannot be started: ${error.message}`);

/** Starts a program of this machine that goes on. */
export function startProgram(
  argv: readonly string[],
  { env }: SpawnSurroundings = {},
): RunningProgram & { readonly child: ChildProcess } {
  const [program = "", ...args] = argv;
  const child = spawn(program, args, { stdio: "pipe", env });
  child.stdin.on("error", () => undefined);
  const ended = new Promise<string>((resolve) => {
    child.once("error", (error) => resolve(startFailure(program, error).message));
    child.once("close", (code, signal) =>
      resolve(`${program} ended by ${signal ?? `exit code ${code}`}`),
    );
  });
  const { stdin, stdout, stderr } = child;
  return { stdin, stdout, stderr, ended, child, kill: () => void child.kill() };
}
