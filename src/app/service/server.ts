import { serve } from "@hono/node-server";
import { UserError } from "../../errors.ts";
import { type ServiceOptions, serviceApp } from "./app.ts";

export interface ListenOptions extends Omit<ServiceOptions, "hosts"> {
  readonly port: number;
  /** Address to listen at; anything but loopback needs a token. */
  readonly host: string;
}

export interface Listening {
  readonly url: string;
  close(): Promise<void>;
}

const loopback = ["127.0.0.1", "localhost", "[::1]"];

export const isLoopback = (host: string): boolean =>
  ["127.0.0.1", "localhost", "::1"].includes(host);

/** Starts the service. Throws a UserError when the port is taken, or when others could read without a token. */
export function listen({ port, host, ...options }: ListenOptions): Promise<Listening> {
  if (!isLoopback(host) && options.token === undefined)
    throw new UserError(`Listening at ${host} lets everyone on the network read the table`, {
      hint: "Add --token TEXT, or leave out --host.",
      exit: "usage",
    });
  const app = serviceApp({ ...options, ...(isLoopback(host) ? { hosts: loopback } : {}) });
  return new Promise((resolve, reject) => {
    const server = serve({ fetch: app.fetch, port, hostname: host }, (info) =>
      resolve({
        url: `http://${host.includes(":") ? `[${host}]` : host}:${info.port}`,
        close: () => new Promise((closed) => closeNow(server, () => closed())),
      }),
    );
    server.once("error", (error) => reject(explained(error, host, port)));
  });
}

/** Live pages stay connected: they are cut, not waited for. */
function closeNow(server: ReturnType<typeof serve>, closed: () => void): void {
  server.close(closed);
  if ("closeAllConnections" in server) server.closeAllConnections();
}

function explained(error: Error, host: string, port: number): Error {
  const code = "code" in error ? error.code : undefined;
  if (code === "EADDRINUSE")
    return new UserError(`Port ${port} is taken`, {
      hint: "Give another: --port 0 takes a free one.",
      exit: "unavailable",
      cause: error,
    });
  if (code === "EACCES" || code === "EADDRNOTAVAIL")
    return new UserError(`Cannot listen at ${host}:${port}: ${error.message}`, {
      hint: "Give an address of this machine and a port from 1024.",
      exit: "unavailable",
      cause: error,
    });
  return error;
}
