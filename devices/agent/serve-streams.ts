import { localMachine } from "../local-machine.ts";
import type { ChosenParts } from "../parts.ts";
import { agentOn } from "./agent.ts";
import { framedChannel, greeting } from "./framed-channel.ts";
import {
  type AgentReply,
  type AgentRequest,
  checkedRequest,
  mostRequestBytes,
} from "./messages.ts";
import { serveAgent } from "./serve-agent.ts";

/**
 * Measures on this machine for whoever is at the other end of the standard streams, until they end. Nothing else may be
 * written to standard output meanwhile.
 */
export async function serveStandardStreams(parts: ChosenParts, signal: AbortSignal): Promise<void> {
  const { stdin, stdout } = process;
  stdout.write(greeting);
  const channel = framedChannel<AgentReply, AgentRequest>({
    input: stdin,
    output: stdout,
    maxBytes: mostRequestBytes,
    check: checkedRequest,
    release: async () => void stdin.destroy(),
  });
  // The one who asks shows it; standard output is for frames.
  void channel.ended.then((reason) => process.stderr.write(`wattsplit agent: ${reason}\n`));
  signal.addEventListener("abort", () => void channel.close(), { once: true });
  const agent = localMachine(parts).then(agentOn);
  await serveAgent(agent, channel);
  await agent.then(
    (opened) => opened.close(),
    () => undefined,
  );
}
