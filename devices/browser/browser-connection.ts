import { UserError } from "../../src/errors.ts";
import type { Connection } from "../agent/connection.ts";
import { remoteAgent } from "../agent/remote-agent.ts";
import { parsePageAddress } from "./page-address.ts";
import type { PageServer } from "./page-server.ts";
import { runtimeIdentity } from "./runtime-files.ts";
import { webRuntimes } from "./web-runtimes.ts";

export interface BrowserOptions {
  /** As in `parsePageAddress`; default localhost. */
  readonly address?: string | undefined;
  readonly runtime: string;
  readonly threads: number;
  /** How long to wait for a phone to open the page, s. */
  readonly patience_s?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onNotice?: ((notice: string) => void) | undefined;
}

const defaultPatience_s = 600;

/** A phone or another browser that opens a page which this process serves; the page says where with a QR code. */
export function browserConnection(options: BrowserOptions): Connection {
  const { patience_s = defaultPatience_s, signal, onNotice } = options;
  let served: Promise<PageServer> | undefined;
  return {
    connect: async () => {
      if (!served) {
        served = serve(options);
        onNotice?.(await invitation(await served));
      }
      const late = AbortSignal.timeout(patience_s * 1000);
      const page = await served;
      try {
        return remoteAgent(await page.phone(signal ? AbortSignal.any([signal, late]) : late));
      } catch (error) {
        if (!late.aborted) throw error;
        throw new UserError(`No browser opened ${page.url} within ${patience_s} s`, {
          hint: "Run the same command again, and open the address it prints; what was measured is kept.",
          exit: "unavailable",
        });
      }
    },
    close: async () => (await served?.catch(() => undefined))?.close(),
  };
}

/** Server, bundler and QR codes are loaded for browsers alone. */
async function serve({ address, runtime, threads }: BrowserOptions): Promise<PageServer> {
  const kind = webRuntimes[runtime];
  if (!kind) throw new Error(`Browsers have no runtime "${runtime}"`);
  const settings = { runtime, threads, ...runtimeIdentity(kind) };
  const { servePage } = await import("./page-server.ts");
  return servePage({ address: parsePageAddress(address), settings, runtime: kind });
}

async function invitation({ url, port }: PageServer): Promise<string> {
  const { toString: qrCode } = await import("qrcode");
  const code = await qrCode(url, { type: "utf8", errorCorrectionLevel: "L" });
  const isHere = new URL(url).hostname === "localhost";
  const how = isHere
    ? `For a phone on a cable: adb reverse tcp:${port} tcp:${port}`
    : "The browser will say that it does not know the certificate: it is this process's own.";
  return `Open this page on the device to measure, and keep it in front:\n${url}\n${code}\n${how}`;
}
