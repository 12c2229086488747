import { type ChildProcess, fork } from "node:child_process";
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";
import { type ExitReason, exitCodes, UserError } from "../../src/errors.ts";
import type { LocalOptions } from "../local-machine.ts";
import type { RawRecord } from "../raw.ts";
import type { Agent, RunOptions } from "./agent.ts";
import type { AgentReply, AgentRequest, Answers, Failure } from "./messages.ts";

/** An agent for this machine in a process of its own, which starts at once. */
export function forkAgent(options: LocalOptions): Agent {
  const channel = new Channel(
    fork(agentPath(), [JSON.stringify(options)], {
      execArgv: sourceArguments(),
      serialization: "advanced",
    }),
  );
  return {
    describe: () => channel.ask({ kind: "describe" }),
    now_s: () => channel.ask({ kind: "now" }),
    state: () => channel.ask({ kind: "state" }),
    run: async (script, { signal, onRecord }: RunOptions) => {
      signal?.throwIfAborted();
      const stop = (): void => channel.tell({ kind: "abort" });
      signal?.addEventListener("abort", stop, { once: true });
      try {
        await channel.ask({ kind: "run", script }, onRecord);
      } catch (error) {
        signal?.throwIfAborted();
        throw error;
      } finally {
        signal?.removeEventListener("abort", stop);
      }
    },
    close: () => channel.close(),
  };
}

interface Waiting {
  readonly resolve: (answer: never) => void;
  readonly reject: (error: Error) => void;
  readonly onRecord: ((record: RawRecord) => void) | undefined;
}

type Asked = AgentRequest extends infer R
  ? R extends { id: number }
    ? Omit<R, "id">
    : never
  : never;

/** The agent's process and the requests it has not answered yet. */
class Channel {
  readonly #process: ChildProcess;
  readonly #waiting = new Map<number, Waiting>();
  #requests = 0;

  constructor(process: ChildProcess) {
    this.#process = process;
    // Typed by the only process that answers here: process.ts.
    process.on("message", (reply: AgentReply) => this.#take(reply));
    process.on("exit", (code, signal) => {
      for (const { reject } of this.#waiting.values())
        reject(new Error(`The measuring process ended by ${signal ?? `exit code ${code}`}`));
      this.#waiting.clear();
    });
  }

  ask<R extends Asked & { kind: keyof Answers }>(
    request: R,
    onRecord?: (record: RawRecord) => void,
  ): Promise<Answers[R["kind"]]> {
    const id = ++this.#requests;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject, onRecord });
      this.#process.send({ ...request, id }, (error) => error && reject(error));
    });
  }

  tell(request: Asked): void {
    this.#process.send({ ...request, id: ++this.#requests });
  }

  async close(): Promise<void> {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return;
    const ended = new Promise((resolve) => this.#process.once("exit", resolve));
    this.#process.disconnect();
    await ended;
  }

  #take(reply: AgentReply): void {
    const waiting = this.#waiting.get(reply.id);
    if ("record" in reply) {
      waiting?.onRecord?.(reply.record);
      return;
    }
    this.#waiting.delete(reply.id);
    if ("failure" in reply) waiting?.reject(errorOf(reply.failure));
    else waiting?.resolve(reply.answer as never);
  }
}

function errorOf({ message, user }: Failure): Error {
  if (!user) return new Error(`The measuring process failed: ${message}`);
  const exit = Object.keys(exitCodes).find((code): code is ExitReason => code === user.exit);
  return new UserError(message, { hint: user.hint, exit: exit ?? "failure" });
}

/** In a checkout the sources run through tsx, in the built package the compiled file does. */
const isSource = (): boolean => import.meta.url.endsWith(".ts");
const agentPath = (): string =>
  fileURLToPath(new URL(isSource() ? "./process.ts" : "./process.js", import.meta.url));
const sourceArguments = (): string[] =>
  isSource() ? ["--import", pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href] : [];
