import { UserError } from "../../src/errors.ts";
import { type RunningProgram, type Transport, TransportError } from "../transport.ts";
import type { Agent } from "./agent.ts";
import { framedChannel, greeting } from "./framed-channel.ts";
import { checkedReply, mostReplyBytes } from "./messages.ts";
import { remoteAgent } from "./remote-agent.ts";

/** What a login shell may print before the agent greets. */
const mostNoiseBytes = 2 ** 16;
const greetingTimeout_s = 60;
const endTimeout_s = 5;

/**
 * Starts `wattsplit agent` on a machine and talks with it over its standard streams. Throws a UserError when something
 * else answers there, a TransportError when nothing does.
 */
export async function programAgent(transport: Transport, argv: readonly string[]): Promise<Agent> {
  const program = transport.stream(argv);
  const said = lastWords(program);
  try {
    await awaitGreeting(program, transport.name);
  } catch (error) {
    program.kill();
    if (!(error instanceof NoGreeting)) throw error;
    throw await explained(error, transport, argv, said());
  }
  return remoteAgent(
    framedChannel({
      input: program.stdout,
      output: program.stdin,
      maxBytes: mostReplyBytes,
      check: checkedReply,
      release: () => endOf(program),
      lastWords: said,
    }),
  );
}

/** Its input has ended, so it ends by itself; a dead link shows nothing of that. */
async function endOf(program: RunningProgram): Promise<void> {
  program.stdin.end();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise((resolve) => {
    timer = setTimeout(resolve, endTimeout_s * 1000);
  });
  await Promise.race([program.ended, late]);
  clearTimeout(timer);
  program.kill();
}

class NoGreeting extends Error {}

/** Reads up to the greeting and leaves what follows it in the stream. */
function awaitGreeting(program: RunningProgram, machine: string): Promise<void> {
  const { stdout } = program;
  let seen = Buffer.alloc(0);
  return new Promise((resolve, reject) => {
    const end = (settle: () => void): void => {
      clearTimeout(timer);
      stdout.off("readable", read);
      settle();
    };
    const fail = (error: Error): void => end(() => reject(error));
    const late = new TransportError(
      "timeout",
      `${machine}: no agent within ${greetingTimeout_s} s`,
    );
    const timer = setTimeout(() => fail(late), greetingTimeout_s * 1000);
    const read = (): void => {
      seen = Buffer.concat([seen, stdout.read() ?? Buffer.alloc(0)]);
      const at = seen.indexOf(greeting);
      if (at >= 0) {
        end(resolve);
        stdout.unshift(seen.subarray(at + greeting.length));
      } else if (seen.length > mostNoiseBytes) fail(new NoGreeting("it printed something else"));
    };
    stdout.on("readable", read);
    void program.ended.then((how) => fail(new NoGreeting(how)));
  });
}

/** The end of what a program says on its standard error; reading it also keeps the program from waiting. */
function lastWords({ stderr }: RunningProgram): () => string {
  let text = "";
  stderr.on("data", (chunk: Buffer) => {
    text = (text + chunk.toString("utf8")).slice(-2000);
  });
  return () => text.trim();
}

/** Tells a machine that cannot be reached from one without the package. */
async function explained(
  { message }: NoGreeting,
  transport: Transport,
  argv: readonly string[],
  said: string,
): Promise<Error> {
  // Throws a TransportError of its own where the machine cannot be reached.
  await transport.exec(["true"]);
  return new UserError(
    `No wattsplit agent on ${transport.name}: ${said.split("\n").at(-1) || message}`,
    {
      hint: `Install this version of wattsplit there, and try: ${argv.join(" ")}`,
      exit: "unavailable",
    },
  );
}
