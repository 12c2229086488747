import { fork } from "node:child_process";
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { LocalOptions } from "../local-machine.ts";
import type { Agent } from "./agent.ts";
import { childChannel } from "./ipc-channel.ts";
import { remoteAgent } from "./remote-agent.ts";

/** An agent for this machine in a process of its own, which starts at once. */
export const forkAgent = (options: LocalOptions): Agent =>
  remoteAgent(
    childChannel(
      fork(agentPath(), [JSON.stringify(options)], {
        execArgv: sourceArguments(),
        serialization: "advanced",
      }),
    ),
  );

/** In a checkout the sources run through tsx, in the built package the compiled file does. */
const isSource = (): boolean => import.meta.url.endsWith(".ts");
const agentPath = (): string =>
  fileURLToPath(new URL(isSource() ? "./process.ts" : "./process.js", import.meta.url));
const sourceArguments = (): string[] =>
  isSource() ? ["--import", pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href] : [];
