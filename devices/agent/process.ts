import { UserError } from "../../src/errors.ts";
import { type LocalOptions, localMachine } from "../local-machine.ts";
import { type Agent, agentOn } from "./agent.ts";
import type { AgentReply, AgentRequest, Answers, Failure } from "./messages.ts";

/**
 * The process that only measures: started by fork.ts, ended with it. A call of the runtime from one that has trained
 * networks before takes tens of microseconds longer, and so do small networks. Between requests it rests.
 */

// Typed by the only process that starts this one: fork.ts.
const options = JSON.parse(process.argv[2] ?? "{}") as LocalOptions;
const agent: Promise<Agent> = localMachine(options).then(agentOn);
// Reported with the first request.
agent.catch(() => undefined);
let running: AbortController | undefined;

const send = (reply: AgentReply): void => {
  process.send?.(reply);
};

async function answer(request: AgentRequest): Promise<Answers[keyof Answers]> {
  const opened = await agent;
  switch (request.kind) {
    case "describe":
      return opened.describe();
    case "now":
      return opened.now_s();
    case "state":
      return opened.state();
    case "abort":
      running?.abort(new Error("aborted"));
      return undefined;
    case "run": {
      running = new AbortController();
      await opened.run(request.script, {
        signal: running.signal,
        onRecord: (record) => send({ id: request.id, record }),
      });
      return undefined;
    }
  }
}

const failureOf = (error: unknown): Failure =>
  error instanceof UserError
    ? { message: error.message, user: { hint: error.hint, exit: error.exit } }
    : { message: error instanceof Error ? error.message : String(error) };

// Typed by the only sender there is: fork.ts.
process.on("message", (request: AgentRequest) => {
  answer(request).then(
    (reply) => send({ id: request.id, answer: reply }),
    (error) => send({ id: request.id, failure: failureOf(error) }),
  );
});
process.on("disconnect", () => process.exit());
// Ctrl-C reaches every process of a terminal; the one that asked decides when to stop.
process.on("SIGINT", () => undefined);
