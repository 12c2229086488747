import { UserError } from "../../src/errors.ts";
import type { Connection } from "../agent/connection.ts";
import { remoteAgent } from "../agent/remote-agent.ts";
import { TransportError } from "../transport.ts";
import { parsePageAddress } from "./page-address.ts";
import type { PageServer, PhoneChannel } from "./page-server.ts";
import { type PhoneOnCable, phoneOnCable } from "./phone-on-cable.ts";
import { runtimeIdentity } from "./runtime-files.ts";
import { webRuntimes } from "./web-runtimes.ts";

export interface BrowserOptions {
  /** As in `parsePageAddress`, or `adb`, `adb:SERIAL` for a phone on a cable; default localhost. */
  readonly address?: string | undefined;
  readonly runtime: string;
  readonly threads: number;
  /** How long to wait for a phone to open the page, s. */
  readonly patience_s?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onNotice?: ((notice: string) => void) | undefined;
}

const defaultPatience_s = 600;
/** A phone on a cable forgets its port when the cable is pulled, also while it is waited for. */
const renewal_ms = 5000;

/** A phone or another browser that opens a page which this process serves; the page says where with a QR code. */
export function browserConnection(options: BrowserOptions): Connection {
  const cable = phoneOnCable(options.address);
  let served: Promise<PageServer> | undefined;
  return {
    connect: async () => {
      const isNew = served === undefined;
      // A phone on a cable opens the page at its own localhost.
      served ??= serve({ ...options, address: cable ? undefined : options.address });
      const page = await served;
      const url = await cable?.connect(page);
      if (isNew) options.onNotice?.(await invitation(page, url, cable));
      return remoteAgent(await arrival(page, cable, options));
    },
    close: async () => {
      await cable?.close();
      await (await served?.catch(() => undefined))?.close();
    },
  };
}

/** The phone, as soon as it has opened the page. Throws a UserError when it does not come. */
async function arrival(
  page: PageServer,
  cable: PhoneOnCable | undefined,
  { patience_s = defaultPatience_s, signal }: BrowserOptions,
): Promise<PhoneChannel> {
  const late = AbortSignal.timeout(patience_s * 1000);
  const awaited = signal ? AbortSignal.any([signal, late]) : late;
  try {
    return await (cable ? overCable(page, cable, awaited) : page.phone(awaited));
  } catch (error) {
    if (!late.aborted) throw error;
    throw new UserError(`No browser opened ${page.url} within ${patience_s} s`, {
      hint: "Run the same command again, and open the address it prints; what was measured is kept.",
      exit: "unavailable",
    });
  }
}

async function overCable(
  page: PageServer,
  cable: PhoneOnCable,
  signal: AbortSignal,
): Promise<PhoneChannel> {
  for (;;) {
    const renewal = AbortSignal.timeout(renewal_ms);
    try {
      return await page.phone(AbortSignal.any([signal, renewal]));
    } catch (error) {
      if (!renewal.aborted || signal.aborted) throw error;
    }
    await cable.connect(page).catch((error) => {
      if (!(error instanceof TransportError)) throw error;
    });
  }
}

/** Server, bundler and QR codes are loaded for browsers alone. */
async function serve({ address, runtime, threads }: BrowserOptions): Promise<PageServer> {
  const kind = webRuntimes[runtime];
  if (!kind) throw new Error(`Browsers have no runtime "${runtime}"`);
  const settings = { runtime, threads, ...runtimeIdentity(kind) };
  const { servePage } = await import("./page-server.ts");
  return servePage({ address: parsePageAddress(address), settings, runtime: kind });
}

async function invitation(
  { url, port }: PageServer,
  urlOnPhone: string | undefined,
  cable: PhoneOnCable | undefined,
): Promise<string> {
  if (cable && urlOnPhone) return cable.open(urlOnPhone);
  const { toString: qrCode } = await import("qrcode");
  const code = await qrCode(url, { type: "utf8", errorCorrectionLevel: "L" });
  const isHere = new URL(url).hostname === "localhost";
  const how = isHere
    ? `For a phone on a cable give --device browser:adb (by hand: adb reverse tcp:${port} tcp:${port})`
    : "The browser will say that it does not know the certificate: it is this process's own.";
  return `Open this page on the device to measure, and keep it in front:\n${url}\n${code}\n${how}`;
}
