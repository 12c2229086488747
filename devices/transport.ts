import type { Readable, Writable } from "node:stream";

/** How a machine is reached: to run programs there and to move files. Nothing that it answers is ever executed. */
export interface Transport {
  /** For people: "local", "ssh pi@board", "adb 0123456789". */
  readonly name: string;
  /**
   * Runs a program to its end, with nothing to read. Any exit code is an answer; throws a `TransportError` when the program
   * cannot be started, takes longer than its time, or the machine is lost meanwhile: then it is ended there too.
   */
  exec(argv: readonly string[], options?: ExecOptions): Promise<Executed>;
  /** Starts a program that goes on, to talk with. */
  stream(argv: readonly string[]): RunningProgram;
  /** Copies a file there, with this mode; paths are absolute. */
  push(localPath: string, remotePath: string, options?: { readonly mode?: number }): Promise<void>;
  pull(remotePath: string, localPath: string): Promise<void>;
  /** Makes a port of this machine one of the device's own loopback ports: this one, else one that is free there. */
  forward(hostPort: number, devicePort?: number): Promise<Forwarding>;
  close(): Promise<void>;
}

export interface ExecOptions {
  /** Default 30 s. */
  readonly timeout_s?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface Executed {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunningProgram {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** How it ended, in words; never rejects. */
  readonly ended: Promise<string>;
  kill(): void;
}

export interface Forwarding {
  readonly devicePort: number;
  close(): Promise<void>;
}

/** Why a machine could not be asked: no such program, no answer in time, no connection, no space left on it. */
export class TransportError extends Error {
  override readonly name = "TransportError";
  readonly kind: "missing" | "timeout" | "lost" | "full";

  constructor(kind: TransportError["kind"], message: string) {
    super(message);
    this.kind = kind;
  }
}

/** What programs say of a full disk, in the C library's words for ENOSPC. */
const noSpace = /no space left on device/i;

/** Throws a `TransportError` where a program failed for want of space: it may be asked again once there is some. */
export function requireSpace(machine: string, { code, stdout, stderr }: Executed): void {
  const said = [...stderr.split("\n"), ...stdout.split("\n")].find((line) => noSpace.test(line));
  if (code !== 0 && said !== undefined)
    throw new TransportError("full", `${machine}: ${said.trim()}`);
}

/** One argument as a POSIX shell reads it unchanged: single quotes, in which nothing has a meaning. */
export const shellQuoted = (argument: string): string =>
  /^[\w@%+=:,./-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", `'\\''`)}'`;

/** A command line for the shell at the other end. */
export const shellCommand = (argv: readonly string[]): string => argv.map(shellQuoted).join(" ");
