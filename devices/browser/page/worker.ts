import { type Agent, agentOn } from "../../agent/agent.ts";
import type { Channel } from "../../agent/channel.ts";
import { decodeMessage, encodeMessage } from "../../agent/codec.ts";
import { type AgentReply, type AgentRequest, checkedRequest } from "../../agent/messages.ts";
import { serveAgent } from "../../agent/serve-agent.ts";
import { browserMachine } from "./browser-machine.ts";
import { browser } from "./browser-scope.ts";
import type { PageNews, PageState, WorkerNews } from "./messages.ts";
import type { OpenRuntime } from "./open-runtime.ts";

/** The agent in a worker of its own: what the page draws does not disturb it. */

const tell = (news: WorkerNews): void => browser.postMessage(news);

/** Given back by the server when nothing is left to do (RFC 6455, 7.4.1). */
const normalClosure = 1000;

function connect(url: string): Channel<AgentReply, AgentRequest> {
  const socket = new browser.WebSocket(url);
  socket.binaryType = "arraybuffer";
  let take: (request: AgentRequest) => void = () => undefined;
  let end: (reason: string) => void = () => undefined;
  const ended = new Promise<string>((resolve) => {
    end = resolve;
  });
  socket.onopen = () => tell({ kind: "connected", facts: factsOf() });
  socket.onmessage = ({ data }) => {
    try {
      take(checkedRequest(decodeMessage(new Uint8Array(data as ArrayBuffer))));
    } catch (error) {
      end(`malformed: ${error instanceof Error ? error.message : error}`);
      socket.close();
    }
  };
  socket.onclose = ({ code, reason }) => {
    end(reason || `code ${code}`);
    tell({ kind: "ended", isFinal: code === normalClosure });
  };
  return {
    send: (message) => socket.send(encodeMessage(message)),
    onMessage: (handler) => {
      take = handler;
    },
    ended,
    close: async () => socket.close(),
  };
}

const factsOf = (): readonly string[] => [
  browser.navigator.userAgent,
  `${browser.navigator.hardwareConcurrency} logical cores`,
  browser.crossOriginIsolated
    ? "isolated: threads and a fine clock"
    : "not isolated: one thread and a coarse clock",
];

/** Tells the page when a script runs. */
const announced = (agent: Agent): Agent => ({
  ...agent,
  run: async (script, options) => {
    tell({ kind: "measuring" });
    try {
      await agent.run(script, options);
    } finally {
      tell({ kind: "resting" });
    }
  },
});

let seen: PageState = {};

/** Waits for the page's start, and then measures with this runtime. */
export function serve(openRuntime: OpenRuntime): void {
  browser.onmessage = ({ data }) => {
    const news = data as PageNews;
    if (news.kind === "state") {
      seen = news.state;
      return;
    }
    const { start } = news;
    const machine = browserMachine(start, openRuntime, () => seen);
    void serveAgent(
      machine.then((opened) => announced(agentOn(opened))),
      connect(start.socket),
    );
  };
}
