import { type ExitReason, exitCodes, UserError } from "../../src/errors.ts";
import type { RawRecord } from "../raw.ts";
import { TransportError } from "../transport.ts";
import type { Agent, RunOptions } from "./agent.ts";
import { type Channel, ConnectionLost } from "./channel.ts";
import {
  type AgentReply,
  type AgentRequest,
  type Answers,
  checkedAnswer,
  type Failure,
} from "./messages.ts";

/** The agent at the other end of a channel. When the channel ends, what was asked fails with `ConnectionLost`. */
export function remoteAgent(channel: Channel<AgentRequest, AgentReply>): Agent {
  const questions = new Questions(channel);
  return {
    describe: () => questions.ask({ kind: "describe" }),
    now_s: () => questions.ask({ kind: "now" }),
    state: () => questions.ask({ kind: "state" }),
    run: async (script, { signal, onRecord }: RunOptions) => {
      signal?.throwIfAborted();
      const stop = (): void => questions.tell({ kind: "abort" });
      signal?.addEventListener("abort", stop, { once: true });
      try {
        await questions.ask({ kind: "run", script }, onRecord);
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
  /** Throws for an answer to something else. */
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: Error) => void;
  readonly onRecord: ((record: RawRecord) => void) | undefined;
}

type Asked = AgentRequest extends infer R
  ? R extends { id: number }
    ? Omit<R, "id">
    : never
  : never;

/** The requests that the agent has not answered yet. */
class Questions {
  readonly #channel: Channel<AgentRequest, AgentReply>;
  readonly #waiting = new Map<number, Waiting>();
  #requests = 0;
  #ended: string | undefined;

  constructor(channel: Channel<AgentRequest, AgentReply>) {
    this.#channel = channel;
    channel.onMessage((reply) => this.#take(reply));
    void channel.ended.then((reason) => {
      this.#ended = reason;
      for (const { reject } of this.#waiting.values()) reject(new ConnectionLost(reason));
      this.#waiting.clear();
    });
  }

  ask<K extends keyof Answers>(
    request: Asked & { readonly kind: K },
    onRecord?: (record: RawRecord) => void,
  ): Promise<Answers[K]> {
    if (this.#ended !== undefined) return Promise.reject(new ConnectionLost(this.#ended));
    const id = ++this.#requests;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, {
        resolve: (answer) => resolve(checkedAnswer<K>(request.kind, answer)),
        reject,
        onRecord,
      });
      this.#channel.send({ ...request, id });
    });
  }

  tell(request: Asked): void {
    if (this.#ended === undefined) this.#channel.send({ ...request, id: ++this.#requests });
  }

  #take(reply: AgentReply): void {
    const waiting = this.#waiting.get(reply.id);
    if ("record" in reply) {
      waiting?.onRecord?.(reply.record);
      return;
    }
    this.#waiting.delete(reply.id);
    if ("failure" in reply) waiting?.reject(errorOf(reply.failure));
    else
      try {
        waiting?.resolve(reply.answer);
      } catch (error) {
        waiting?.reject(new Error(`The agent sent ${error instanceof Error ? error.message : ""}`));
      }
  }
}

function errorOf({ message, user, isFull }: Failure): Error {
  if (isFull) return new TransportError("full", message);
  if (!user) return new Error(`The measuring process failed: ${message}`);
  const exit = Object.keys(exitCodes).find((code): code is ExitReason => code === user.exit);
  return new UserError(message, { hint: user.hint, exit: exit ?? "failure" });
}
