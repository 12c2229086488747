import { isIP } from "node:net";
import { UserError } from "../../src/errors.ts";

/** Where a phone finds the page that this machine serves. */
export interface PageAddress {
  readonly scheme: "http" | "https";
  /** As the phone calls this machine: a name or an address. */
  readonly hostname: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** The address that is listened at; undefined is every one that this machine has. */
  readonly listenAt: string | undefined;
}

const own = ["localhost", "127.0.0.1", "[::1]"];

/**
 * Reads `localhost` (default), `192.168.1.20:8443`, `my-pc.local` or a URL without a path. Beyond this machine it is https:
 * elsewhere browsers give a page neither threads nor a fine clock.
 */
export function parsePageAddress(text = "localhost"): PageAddress {
  const local = own.some((name) => text === name || text.startsWith(`${name}:`));
  const url = urlOf(text.includes("://") ? text : `${local ? "http" : "https"}://${text}`);
  if (!url || !/^https?:$/.test(url.protocol) || url.pathname !== "/" || url.search || url.username)
    throw new UserError(`"${text}" is no address of this machine that a phone could open`, {
      hint: "Give a name or address, with a port if you like: localhost, 192.168.1.20:8443, my-pc.local.",
      exit: "usage",
    });
  const { hostname } = url;
  return {
    scheme: url.protocol === "https:" ? "https" : "http",
    hostname,
    port: Number(url.port) || usualPort(text, url.protocol),
    listenAt: listenAtOf(hostname),
  };
}

/** URLs drop the port that is usual for their scheme; where none was given any free one will do. */
function usualPort(text: string, protocol: string): number {
  const usual = protocol === "https:" ? 443 : 80;
  return text.endsWith(`:${usual}`) || text.endsWith(`:${usual}/`) ? usual : 0;
}

function urlOf(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}

function listenAtOf(hostname: string): string | undefined {
  if (hostname === "localhost") return "127.0.0.1";
  const address = hostname.replace(/^\[(.*)\]$/, "$1");
  return isIP(address) ? address : undefined;
}
