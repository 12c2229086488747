import { UserError } from "../../src/errors.ts";
import { TransportError } from "../transport.ts";
import type { Agent } from "./agent.ts";
import type { Channel } from "./channel.ts";
import type { AgentReply, AgentRequest, Answers, Failure } from "./messages.ts";

/** Answers requests that come over a channel until it ends, and then stops what runs. */
export async function serveAgent(
  agent: Promise<Agent>,
  channel: Channel<AgentReply, AgentRequest>,
): Promise<void> {
  // Reported with the first request.
  agent.catch(() => undefined);
  const served = { running: new AbortController() };
  channel.onMessage((request) => {
    answer(agent, channel, served, request).then(
      (reply) => channel.send({ id: request.id, answer: reply }),
      (error) => channel.send({ id: request.id, failure: failureOf(error) }),
    );
  });
  served.running.abort(new Error(await channel.ended));
}

async function answer(
  agent: Promise<Agent>,
  channel: Channel<AgentReply, AgentRequest>,
  served: { running: AbortController },
  request: AgentRequest,
): Promise<Answers[keyof Answers]> {
  const opened = await agent;
  switch (request.kind) {
    case "describe":
      return opened.describe();
    case "now":
      return opened.now_s();
    case "state":
      return opened.state();
    case "abort":
      served.running.abort(new Error("aborted"));
      return undefined;
    case "run": {
      served.running = new AbortController();
      await opened.run(request.script, {
        signal: served.running.signal,
        onRecord: (record) => channel.send({ id: request.id, record }),
      });
      return undefined;
    }
  }
}

const failureOf = (error: unknown): Failure =>
  error instanceof UserError
    ? { message: error.message, user: { hint: error.hint, exit: error.exit } }
    : {
        message: error instanceof Error ? error.message : String(error),
        ...(isFull(error) ? { isFull: true } : {}),
      };

const isFull = (error: unknown): boolean =>
  (error instanceof TransportError && error.kind === "full") ||
  (error instanceof Error && "code" in error && error.code === "ENOSPC");
