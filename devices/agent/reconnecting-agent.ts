import { isDeepStrictEqual } from "node:util";
import { UserError } from "../../src/errors.ts";
import type { Clock } from "../clock.ts";
import { TransportError } from "../transport.ts";
import type { Agent, AgentDescription } from "./agent.ts";
import { ConnectionLost } from "./channel.ts";

export interface ReconnectOptions {
  readonly connect: () => Promise<Agent>;
  readonly clock: Pick<Clock, "now_s" | "sleep">;
  /** Gives up when nothing answered for so long, s; default ten minutes. */
  readonly patience_s?: number | undefined;
  /** Told when the connection is lost and when it is back. */
  readonly onNotice?: ((notice: string) => void) | undefined;
}

const defaultPatience_s = 600;
const shortestPause_s = 0.2;
const longestPause_s = 10;
/** A script that ends its agent so often will not be finished by another try. */
const mostLosses = 6;

/**
 * An agent that outlives its connection: when that is lost, waits for a new one and asks again. A script that was cut
 * off runs again from its start; `onRestart` says that the records told before do not count, so that none is lost and none
 * comes twice.
 */
export async function reconnectingAgent(options: ReconnectOptions): Promise<Agent> {
  const { connect, onNotice = () => undefined } = options;
  let agent = await connect();
  const first = await elseClosed(agent, agent.describe());

  const again = async (reason: string, signal: AbortSignal | undefined): Promise<void> => {
    onNotice(`Connection lost (${reason}); waiting for the device`);
    await agent.close().catch(() => undefined);
    agent = await connected(options, first, signal);
    onNotice("The device is back; going on");
  };
  const ask = async <T>(
    question: (agent: Agent, space: AwaitedSpace) => Promise<T>,
    signal?: AbortSignal,
  ): Promise<T> => {
    const space = new AwaitedSpace(options);
    for (let losses = 1; ; ) {
      const answer = await question(agent, space).catch(unlessLost);
      if (!(answer instanceof Loss)) {
        space.found();
        return answer;
      }
      signal?.throwIfAborted();
      if (isFull(answer.cause)) {
        await space.pause(answer.cause);
        continue;
      }
      if (losses++ === mostLosses) throw endless(answer.cause);
      await again(answer.cause.message, signal);
    }
  };
  return {
    describe: async () => first,
    now_s: () => ask((current) => current.now_s()),
    state: () => ask((current) => current.state()),
    run: async (script, { signal, onRecord, onRestart }) => {
      let tries = 0;
      await ask((current, space) => {
        if (tries++ > 0) onRestart?.();
        const heard: typeof onRecord = (record) => {
          space.heard();
          onRecord(record);
        };
        return current.run(script, { signal, onRecord: heard });
      }, signal);
    },
    close: () => agent.close(),
  };
}

/** The answer; where there is none the agent is closed, since the process that it is or talks to would keep this one alive. */
export async function elseClosed<T>(agent: Agent, answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    await agent.close().catch(() => undefined);
    throw error;
  }
}

/** Waits for space on a device whose disk is full: nothing is lost with the connection, and it need not be made anew. */
class AwaitedSpace {
  readonly #options: ReconnectOptions;
  #deadline_s: number | undefined;
  #pause_s = shortestPause_s;
  /** Records of this try, and of the one that brought most. */
  #records = 0;
  #mostRecords = 0;

  constructor(options: ReconnectOptions) {
    this.#options = options;
  }

  async pause(cause: Error): Promise<void> {
    this.#mostRecords = Math.max(this.#mostRecords, this.#records);
    this.#records = 0;
    const { clock, onNotice, patience_s = defaultPatience_s } = this.#options;
    if (this.#deadline_s === undefined) {
      onNotice?.(`No space is left on the device (${cause.message}); waiting until there is some`);
      this.#deadline_s = clock.now_s() + patience_s;
    } else if (clock.now_s() >= this.#deadline_s) throw noSpace(cause, patience_s);
    await clock.sleep(this.#pause_s);
    this.#pause_s = Math.min(2 * this.#pause_s, longestPause_s);
  }

  /** Further than any try before: there was space for a while, and when it lacks again the wait is another one. */
  heard(): void {
    if (++this.#records > this.#mostRecords) this.found();
  }

  found(): void {
    if (this.#deadline_s === undefined) return;
    this.#options.onNotice?.("There is space again; going on");
    this.#deadline_s = undefined;
    this.#pause_s = shortestPause_s;
  }
}

/** Answers that never came. */
class Loss {
  readonly cause: Error;

  constructor(cause: Error) {
    this.cause = cause;
  }
}

function unlessLost(error: unknown): Loss {
  if (isPassing(error)) return new Loss(error);
  throw error;
}

/** A new connection to the same device. */
async function connected(
  { connect, clock, patience_s = defaultPatience_s }: ReconnectOptions,
  first: AgentDescription,
  signal: AbortSignal | undefined,
): Promise<Agent> {
  const deadline_s = clock.now_s() + patience_s;
  for (let pause_s = shortestPause_s; ; pause_s = Math.min(2 * pause_s, longestPause_s)) {
    signal?.throwIfAborted();
    try {
      const agent = await connect();
      await elseClosed(agent, requireSame(agent, first));
      return agent;
    } catch (error) {
      if (!(isPassing(error) || (isUnavailable(error) && !isAnother(error)))) throw error;
      if (clock.now_s() >= deadline_s) throw silent(error, patience_s);
    }
    await clock.sleep(pause_s);
  }
}

const isPassing = (error: unknown): error is Error =>
  error instanceof ConnectionLost || (error instanceof TransportError && error.kind !== "missing");

const isFull = (error: unknown): boolean =>
  error instanceof TransportError && error.kind === "full";

/** What worked before and does not now: a device on its way back answers so for a while. */
const isUnavailable = (error: unknown): error is UserError =>
  error instanceof UserError && error.exit === "unavailable";

const isAnother = (error: unknown): boolean => error instanceof AnotherDevice;

/** It came back changed, and waiting changes nothing about that. */
class AnotherDevice extends UserError {}

async function requireSame(agent: Agent, first: AgentDescription): Promise<void> {
  const found = await agent.describe();
  const identity = ({
    processor,
    fingerprint,
    os,
    powerMode,
    runtime,
    meter,
  }: AgentDescription) => ({
    processor,
    fingerprint,
    os,
    powerMode,
    runtime,
    meter: meter.id,
  });
  if (isDeepStrictEqual(identity(found), identity(first))) return;
  throw new AnotherDevice(
    `The device came back as another one: ${found.processor}, ${found.runtime.runtime} ` +
      `${found.runtime.runtimeVersion}, power mode ${found.powerMode}, meter ${found.meter.id}`,
    {
      hint: "Connect the device that was measured before, in its former state, and run the same command again.",
      exit: "unavailable",
    },
  );
}

const endless = (cause: Error): UserError =>
  new UserError(`The connection was lost ${mostLosses} times during one script: ${cause.message}`, {
    hint: "The agent may run out of memory: look at the device's log, or measure smaller networks.",
    exit: "unavailable",
    cause,
  });

const noSpace = (cause: Error, patience_s: number): UserError =>
  new UserError(`No space was left on the device for ${patience_s} s: ${cause.message}`, {
    hint: "Free some there and run the same command again; everything finished is kept.",
    exit: "unavailable",
    cause,
  });

const silent = (cause: Error, patience_s: number): UserError =>
  new UserError(`The device did not come back within ${patience_s} s: ${cause.message}`, {
    hint: "Everything finished is kept: connect the device and run the same command again.",
    exit: "unavailable",
    cause,
  });
