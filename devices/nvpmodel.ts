import { type Transport, TransportError } from "./transport.ts";

/**
 * The power mode that NVIDIA's tool set a Jetson to, such as "15W": it decides which cores run and how fast. Undefined on other
 * boards, and where the tool does not tell.
 */
export async function nvpmodel(
  transport: Transport,
  board: string | undefined,
): Promise<string | undefined> {
  if (!/jetson|nvidia/i.test(board ?? "")) return undefined;
  try {
    const { stdout } = await transport.exec(["nvpmodel", "-q"], { timeout_s: 10 });
    return /^NV Power Mode: *(\S.*)$/m.exec(stdout)?.[1]?.trim();
  } catch (error) {
    if (!(error instanceof TransportError)) throw error;
    return undefined;
  }
}
