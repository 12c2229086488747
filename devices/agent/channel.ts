/** Whole messages there and back, in order, until one side ends: between processes, over a pipe, over a network. */
export interface Channel<Sent, Received> {
  send(message: Sent): void;
  /** Told every message; set once, before the first can arrive. */
  onMessage(take: (message: Received) => void): void;
  /** Why the channel ended; never rejects. */
  readonly ended: Promise<string>;
  /** Ends it, and waits for the other side to let go. */
  close(): Promise<void>;
}

/** The link to an agent broke, or its process ended: what was asked may be asked again of a new one. */
export class ConnectionLost extends Error {
  override readonly name = "ConnectionLost";
}
