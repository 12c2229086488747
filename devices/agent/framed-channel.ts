import type { Readable, Writable } from "node:stream";
import type { Channel } from "./channel.ts";
import { decodeMessage, encodeMessage } from "./codec.ts";

/** The first line of an agent: whatever a login shell printed before it is skipped. The number is the protocol's. */
export const greeting = "wattsplit-agent 1\n";

const headerBytes = 4;

/** A frame is the length of its message, four bytes, big-endian, and the message. */
export function frame(message: object): Uint8Array {
  const body = encodeMessage(message);
  const framed = new Uint8Array(headerBytes + body.length);
  new DataView(framed.buffer).setUint32(0, body.length);
  framed.set(body, headerBytes);
  return framed;
}

/** Cuts a stream of bytes into messages. Throws for a frame that is too long or holds no message. */
export class FrameReader {
  readonly #maxBytes: number;
  readonly #waiting: Uint8Array[] = [];
  #length = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  push(bytes: Uint8Array): readonly unknown[] {
    this.#waiting.push(bytes);
    this.#length += bytes.length;
    const messages: unknown[] = [];
    for (let body = this.#next(); body; body = this.#next()) messages.push(decodeMessage(body));
    return messages;
  }

  /** The body of the first frame, once it is whole. */
  #next(): Uint8Array | undefined {
    if (this.#length < headerBytes) return undefined;
    const header = this.#peek(headerBytes);
    const size = new DataView(header.buffer, header.byteOffset).getUint32(0);
    if (size > this.#maxBytes)
      throw new Error(`a frame of ${size} bytes, where ${this.#maxBytes} are the most`);
    if (this.#length < headerBytes + size) return undefined;
    const whole = this.#peek(headerBytes + size);
    this.#waiting[0] = whole.subarray(headerBytes + size);
    this.#length -= headerBytes + size;
    return whole.subarray(headerBytes, headerBytes + size);
  }

  /** The first chunk, at least so long: joined only once there is enough, so that large frames are copied once. */
  #peek(bytes: number): Uint8Array {
    const [first] = this.#waiting;
    if (first && first.length >= bytes) return first;
    const joined = new Uint8Array(this.#length);
    let at = 0;
    for (const chunk of this.#waiting.splice(0)) {
      joined.set(chunk, at);
      at += chunk.length;
    }
    this.#waiting.push(joined);
    return joined;
  }
}

export interface FramedOptions<Received> {
  readonly input: Readable;
  readonly output: Writable;
  /** Of one message that is received. */
  readonly maxBytes: number;
  /** Throws for a message that is none of those expected. */
  readonly check: (message: unknown) => Received;
  /** Lets go of the streams; called once, whichever side ended first. */
  readonly release?: () => Promise<void>;
  /** What the other side said of its end, if anything. */
  readonly lastWords?: () => string;
}

/** Messages as frames over a pair of byte streams. A frame that cannot be read ends the channel. */
export function framedChannel<Sent extends object, Received>(
  options: FramedOptions<Received>,
): Channel<Sent, Received> {
  const { input, output, check } = options;
  const reader = new FrameReader(options.maxBytes);
  let take: (message: Received) => void = () => undefined;
  let end: (reason: string) => void = () => undefined;
  const ended = new Promise<string>((resolve) => {
    end = resolve;
  });
  let released: Promise<void> | undefined;
  const release = (): Promise<void> => {
    released ??= options.release?.() ?? Promise.resolve();
    return released;
  };
  input.on("data", (bytes: Uint8Array) => {
    try {
      for (const message of reader.push(bytes)) take(check(message));
    } catch (error) {
      end(`it sent ${error instanceof Error ? error.message : error}`);
      input.destroy();
    }
  });
  const endOfStream = (): void => {
    const said = options.lastWords?.();
    end(said ? `the connection ended: ${said}` : "the connection ended");
  };
  for (const event of ["end", "close", "error"] as const) input.once(event, endOfStream);
  output.on("error", endOfStream);
  void ended.then(release);
  return {
    send: (message) => {
      if (output.writable) output.write(frame(message));
    },
    onMessage: (handler) => {
      take = handler;
    },
    ended,
    close: async () => {
      output.end();
      await release();
      end("closed");
    },
  };
}
