import { forkModule } from "../fork-module.ts";
import type { LocalOptions } from "../local-machine.ts";
import type { Agent } from "./agent.ts";
import { childChannel } from "./ipc-channel.ts";
import { remoteAgent } from "./remote-agent.ts";

/** An agent for this machine in a process of its own, which starts at once. */
export const forkAgent = (options: LocalOptions): Agent =>
  remoteAgent(
    childChannel(
      forkModule({ beside: import.meta.url, name: "process", args: [JSON.stringify(options)] }),
    ),
  );
