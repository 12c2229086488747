import type { Availability } from "../meter.ts";
import { type Executed, type Transport, TransportError } from "../transport.ts";

/** Runs a tool once and judges what it says: `note` gives what works, undefined where the output holds no reading. */
export async function toolAvailability(
  transport: Transport,
  argv: readonly string[],
  {
    note,
    remedy,
  }: { readonly note: (ran: Executed) => string | undefined; readonly remedy: string },
): Promise<Availability> {
  try {
    const ran = await transport.exec(argv, { timeout_s: 10 });
    const works = ran.code === 0 ? note(ran) : undefined;
    if (works !== undefined) return { ok: true, note: works };
    const said = (ran.stderr.trim() || ran.stdout.trim()).split("\n").at(-1) ?? "";
    return { ok: false, reason: `${argv[0]} gives no reading: ${said.slice(0, 200)}`, remedy };
  } catch (error) {
    if (!(error instanceof TransportError)) throw error;
    return { ok: false, reason: error.message, remedy };
  }
}
