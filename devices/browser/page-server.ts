import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type Server } from "node:http";
import { createServer as createSecureServer } from "node:https";
import { networkInterfaces, hostname as ownName } from "node:os";
import type { Duplex } from "node:stream";
import { getRequestListener } from "@hono/node-server";
import { WebSocketServer } from "ws";
import { UserError } from "../../src/errors.ts";
import type { Channel } from "../agent/channel.ts";
import {
  type AgentReply,
  type AgentRequest,
  checkedReply,
  mostReplyBytes,
} from "../agent/messages.ts";
import { bundlePage } from "./bundle.ts";
import { selfSigned } from "./certificate.ts";
import type { PageAddress } from "./page-address.ts";
import { pageApp } from "./page-app.ts";
import { phoneNamedIn } from "./phone-name.ts";
import { readRuntimeFile } from "./runtime-files.ts";
import { socketChannel } from "./socket-channel.ts";
import type { WebRuntime } from "./web-runtimes.ts";

export type PhoneChannel = Channel<AgentRequest, AgentReply>;

export interface PageServer {
  /** What the phone opens; the token is in it. */
  readonly url: string;
  readonly port: number;
  readonly token: string;
  /** Connections of the phone that opened the page first; at most one at a time. */
  phone(signal: AbortSignal): Promise<PhoneChannel>;
  close(): Promise<void>;
}

export interface PageServerOptions {
  readonly address: PageAddress;
  /** Told to the page. */
  readonly settings: object;
  /** Whose scripts and files are served. */
  readonly runtime: WebRuntime;
}

/** Serves the page until closed. Throws a UserError when the address cannot be listened at. */
export async function servePage({
  address,
  settings,
  runtime,
}: PageServerOptions): Promise<PageServer> {
  const token = randomBytes(16).toString("hex");
  const { scheme, hostname } = address;
  const isOwnHost = ownHosts(hostname);
  const app = pageApp({
    token,
    scripts: await bundlePage(runtime),
    readFile: (name) => readRuntimeFile(runtime, name),
    settings,
    makesScripts: runtime.makesScripts ?? false,
    isOwnHost,
  });
  const listener = getRequestListener(app.fetch);
  const server =
    scheme === "https"
      ? createSecureServer(await selfSigned(hostname), listener)
      : createServer(listener);
  const gate = new Gate({ scheme, token, isOwnHost });
  server.on("upgrade", (request, socket, head) => gate.enter(request, socket, head));
  const port = await listening(server, address);
  return {
    url: `${scheme}://${hostname}:${port}/${token}/`,
    port,
    token,
    phone: (signal) => gate.phone(signal),
    close: async () => {
      gate.close();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

/** Names under which a phone may ask for this machine; others are pages that were bound to its address. */
function ownHosts(hostname: string): (host: string) => boolean {
  const addresses = Object.values(networkInterfaces()).flatMap((found = []) =>
    found.map(({ address, family }) => (family === "IPv6" ? `[${address}]` : address)),
  );
  const names = new Set(["localhost", hostname, ownName(), `${ownName()}.local`, ...addresses]);
  return (host) => names.has(host.replace(/:\d+$/, ""));
}

interface GateOptions {
  readonly scheme: string;
  readonly token: string;
  readonly isOwnHost: (host: string) => boolean;
}

const normalClosure = 1000;
const farewell_ms = 1000;

/** Lets one phone in: the first that brings the token, and later that one again. */
class Gate {
  readonly #options: GateOptions;
  readonly #sockets = new WebSocketServer({ noServer: true, maxPayload: mostReplyBytes });
  #owner: string | undefined;
  #present = false;
  #arrived: PhoneChannel | undefined;
  #waiting: ((phone: PhoneChannel) => void) | undefined;

  constructor(options: GateOptions) {
    this.#options = options;
  }

  enter(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on("error", () => undefined);
    const refusal = this.#refusalOf(request);
    if (refusal) {
      socket.end(`HTTP/1.1 ${refusal}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
      return;
    }
    // A handshake that fails ends here, and the phone may try again.
    this.#sockets.handleUpgrade(request, socket, head, (opened) => {
      this.#owner = phoneNamedIn(request.headers.cookie);
      this.#present = true;
      opened.once("close", () => {
        this.#present = false;
      });
      const phone: PhoneChannel = socketChannel(opened, checkedReply);
      void phone.ended.then(() => {
        if (this.#arrived === phone) this.#arrived = undefined;
      });
      if (this.#waiting) this.#waiting(phone);
      else this.#arrived = phone;
    });
  }

  async phone(signal: AbortSignal): Promise<PhoneChannel> {
    signal.throwIfAborted();
    const arrived = this.#arrived;
    this.#arrived = undefined;
    if (arrived) return arrived;
    return new Promise((resolve, reject) => {
      const stop = (): void => {
        this.#waiting = undefined;
        reject(signal.reason);
      };
      signal.addEventListener("abort", stop, { once: true });
      this.#waiting = (phone) => {
        this.#waiting = undefined;
        signal.removeEventListener("abort", stop);
        resolve(phone);
      };
    });
  }

  /** Pages that are still there are told that all is done; one that does not let go is cut off. */
  close(): void {
    for (const socket of this.#sockets.clients) {
      socket.close(normalClosure, "done");
      const late = setTimeout(() => socket.terminate(), farewell_ms);
      socket.once("close", () => clearTimeout(late));
    }
    this.#sockets.close();
  }

  #refusalOf(request: IncomingMessage): string | undefined {
    const { scheme, token, isOwnHost } = this.#options;
    const { host = "", origin } = request.headers;
    if (!isOwnHost(host)) return "421 Misdirected Request";
    if (!isSame(request.url ?? "", `/${token}/agent`)) return "404 Not Found";
    if (origin !== `${scheme}://${host}`) return "403 Forbidden";
    const phone = phoneNamedIn(request.headers.cookie);
    if (phone === undefined) return "400 Bad Request";
    return this.#present || (this.#owner !== undefined && phone !== this.#owner)
      ? "409 Conflict"
      : undefined;
  }
}

/** Compares without telling by its time how much was right. */
const isSame = (given: string, expected: string): boolean =>
  timingSafeEqual(digest(given), digest(expected));

const digest = (text: string): Buffer => createHash("sha256").update(text).digest();

function listening(server: Server, { listenAt, port }: PageAddress): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", (error) => reject(cannotListen(error, listenAt, port)));
    server.listen(port, listenAt, () => {
      const bound = server.address();
      resolve(typeof bound === "object" && bound ? bound.port : port);
    });
  });
}

const cannotListen = (error: Error, host = "this machine", port: number): UserError =>
  new UserError(`The page cannot be served at ${host}, port ${port}: ${error.message}`, {
    hint: "Give an address of this machine and a free port: --device browser:ADDRESS:PORT",
    exit: "unavailable",
    cause: error,
  });
