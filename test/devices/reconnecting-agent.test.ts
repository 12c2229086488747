import { expect, test } from "vitest";
import type { Agent, AgentDescription } from "../../devices/agent/agent.ts";
import { reconnectingAgent } from "../../devices/agent/reconnecting-agent.ts";
import { TransportError } from "../../devices/transport.ts";
import { VirtualClock } from "../profiler/simulated-device/index.ts";

/** An agent whose disk is full until this time. */
function agentFullUntil(clock: VirtualClock, end_s: number): Agent {
  const described = { processor: "p" } as AgentDescription;
  return {
    describe: async () => described,
    now_s: async () => {
      if (clock.now_s() < end_s) throw new TransportError("full", "push: No space left on device");
      return clock.now_s();
    },
    state: async () => ({}),
    run: async () => undefined,
    close: async () => undefined,
  };
}

async function opened(end_s: number) {
  const clock = new VirtualClock();
  const notices: string[] = [];
  let connections = 0;
  const agent = await reconnectingAgent({
    connect: async () => {
      connections++;
      return agentFullUntil(clock, end_s);
    },
    clock,
    patience_s: 60,
    onNotice: (notice) => notices.push(notice),
  });
  return { agent, clock, notices, connections: () => connections };
}

test("a full disk is waited for on the same connection, and said once", async () => {
  const { agent, notices, connections } = await opened(45);

  expect(await agent.now_s()).toBeGreaterThanOrEqual(45);

  expect(connections()).toBe(1);
  expect(notices).toEqual([
    "No space is left on the device (push: No space left on device); waiting until there is some",
    "There is space again; going on",
  ]);
});

test("a disk that stays full ends the wait with what to do", async () => {
  const { agent, clock } = await opened(1e6);

  await expect(agent.now_s()).rejects.toMatchObject({
    exit: "unavailable",
    message: expect.stringMatching(/^No space was left on the device for 60 s: push/),
    hint: expect.stringContaining("Free some"),
  });
  expect(clock.now_s()).toBeLessThan(80);
});

test("a disk that is full again further on in a script is said again, and waited for as long", async () => {
  const clock = new VirtualClock();
  const notices: string[] = [];
  const full = () => new TransportError("full", "push: No space left on device");
  // Full until 50 s, and from the second record on until 100 s.
  const agent = await reconnectingAgent({
    connect: async () => ({
      ...agentFullUntil(clock, 0),
      run: async (_, { onRecord }) => {
        onRecord({ kind: "waited", duration_s: 0 });
        if (clock.now_s() < 50) throw full();
        onRecord({ kind: "waited", duration_s: 0 });
        if (clock.now_s() < 100) throw full();
      },
    }),
    clock,
    patience_s: 60,
    onNotice: (notice) => notices.push(notice.slice(0, 14)),
  });
  const script = { version: 1 as const, threads: 1, seed: 1, models: [], steps: [] };

  await agent.run(script, { onRecord: () => undefined });

  expect(notices).toEqual(["No space is le", "There is space", "No space is le", "There is space"]);
});
