import type { ChildProcess } from "node:child_process";
import type { Channel } from "./channel.ts";

/** Messages to a forked process. Typed by the only process that answers there: process.ts. */
export function childChannel<Sent extends object, Received>(
  child: ChildProcess,
): Channel<Sent, Received> {
  const ended = new Promise<string>((resolve) => {
    child.once("exit", (code, signal) =>
      resolve(`The measuring process ended by ${signal ?? `exit code ${code}`}`),
    );
  });
  return {
    // Where the child is gone, `ended` says so.
    send: (message) => void child.send(message, () => undefined),
    onMessage: (take) => void child.on("message", (message) => take(message as Received)),
    ended,
    close: async () => {
      if (child.connected) child.disconnect();
      await ended;
    },
  };
}

/** Messages to the process that forked this one. Typed by the only one there is: fork.ts. */
export function parentChannel<Sent extends object, Received>(): Channel<Sent, Received> {
  const ended = new Promise<string>((resolve) => {
    process.once("disconnect", () => resolve("the process that asks is gone"));
  });
  return {
    send: (message) => void process.send?.(message, undefined, undefined, () => undefined),
    onMessage: (take) => void process.on("message", (message) => take(message as Received)),
    ended,
    close: async () => {
      if (process.connected) process.disconnect();
    },
  };
}
