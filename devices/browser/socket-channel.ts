import type { WebSocket } from "ws";
import type { Channel } from "../agent/channel.ts";
import { decodeMessage, encodeMessage } from "../agent/codec.ts";

const heartbeat_ms = 5000;
const closeTimeout_ms = 2000;
/** Of RFC 6455, section 7.4.1: all is done; a message of another kind than expected. */
const normalClosure = 1000;
const unsupportedData = 1003;

/** Messages as binary frames of a WebSocket; a page that stops answering is taken for lost. */
export function socketChannel<Sent extends object, Received>(
  socket: WebSocket,
  /** Throws for a message that is none of those expected. */
  check: (message: unknown) => Received,
): Channel<Sent, Received> {
  let take: (message: Received) => void = () => undefined;
  let end: (reason: string) => void = () => undefined;
  const ended = new Promise<string>((resolve) => {
    end = resolve;
  });
  socket.on("message", (bytes: Buffer, isBinary) => {
    try {
      if (!isBinary) throw new Error("text");
      take(check(decodeMessage(bytes)));
    } catch (error) {
      end(`it sent ${error instanceof Error ? error.message : error}`);
      socket.close(unsupportedData, "a malformed message");
    }
  });
  let alive = true;
  socket.on("pong", () => {
    alive = true;
  });
  const heartbeat = setInterval(() => {
    if (!alive) socket.terminate();
    alive = false;
    socket.ping();
  }, heartbeat_ms);
  socket.once("close", () => {
    clearInterval(heartbeat);
    end("the page was closed, hidden, or lost its network");
  });
  // What went wrong shows in the close that follows: a frame too long, a broken connection.
  socket.on("error", (error) => end(`the page's connection failed: ${error.message}`));
  return {
    send: (message) => {
      if (socket.readyState === socket.OPEN) socket.send(encodeMessage(message));
    },
    onMessage: (handler) => {
      take = handler;
    },
    ended,
    close: () =>
      new Promise((resolve) => {
        if (socket.readyState === socket.CLOSED) {
          resolve();
          return;
        }
        const late = setTimeout(() => socket.terminate(), closeTimeout_ms);
        socket.once("close", () => {
          clearTimeout(late);
          resolve();
        });
        socket.close(normalClosure, "done");
      }),
  };
}
