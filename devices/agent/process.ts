import { type LocalOptions, localMachine } from "../local-machine.ts";
import { agentOn } from "./agent.ts";
import { parentChannel } from "./ipc-channel.ts";
import { serveAgent } from "./serve-agent.ts";

/**
 * The process that only measures: started by fork.ts, ended with it. A call of the runtime from one that has trained
 * networks before takes tens of microseconds longer, and so do small networks. Between requests it rests.
 */

// Ctrl-C reaches every process of a terminal; the one that asked decides when to stop.
process.on("SIGINT", () => undefined);

// Typed by the only process that starts this one: fork.ts.
const options = JSON.parse(process.argv[2] ?? "") as LocalOptions;
await serveAgent(localMachine(options).then(agentOn), parentChannel());
process.exit();
