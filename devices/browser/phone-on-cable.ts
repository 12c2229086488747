import { type Forwarding, TransportError } from "../transport.ts";
import { type AdbTransport, adbTransport } from "../transports/adb.ts";
import type { PageServer } from "./page-server.ts";

/** `adb` or `adb:SERIAL` in place of an address. */
const form = /^adb(?::(.+))?$/;

/**
 * A phone that adb reaches, where the page is to be opened; undefined for an address that names none. The phone's own localhost leads
 * here, where pages have threads and a fine clock and nobody asks about a certificate.
 */
export function phoneOnCable(address: string | undefined): PhoneOnCable | undefined {
  const named = form.exec(address ?? "");
  return named ? new PhoneOnCable(adbTransport({ serial: named[1] })) : undefined;
}

export class PhoneOnCable {
  readonly #transport: AdbTransport;
  #forwarding: Forwarding | undefined;

  constructor(transport: AdbTransport) {
    this.#transport = transport;
  }

  /** Makes the page the phone's own, at the same port as before. Throws a TransportError where the phone does not answer. */
  async connect({ url, port }: Pick<PageServer, "url" | "port">): Promise<string> {
    await this.#transport.reach();
    this.#forwarding = await this.#transport.forward(port, this.#forwarding?.devicePort);
    return url.replace(`:${port}/`, `:${this.#forwarding.devicePort}/`);
  }

  /** Asks the phone to open an address in its browser; returns what to tell a person. */
  async open(url: string): Promise<string> {
    const view = ["am", "start", "-a", "android.intent.action.VIEW", "-d", url];
    const { code, stdout, stderr } = await this.#transport.exec(view);
    const said = `${stdout}\n${stderr}`.split("\n").find((line) => /^Error/.test(line));
    return code === 0 && said === undefined
      ? `${this.#transport.name} was asked to open this page; allow it there, and keep it in front:\n${url}`
      : `Open this page on the phone, and keep it in front (its browser was not started: ${said ?? `code ${code}`}):\n${url}`;
  }

  async close(): Promise<void> {
    await this.#forwarding?.close().catch((error) => {
      if (!(error instanceof TransportError)) throw error;
    });
    await this.#transport.close();
  }
}
