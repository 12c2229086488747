import type { Agent } from "./agent.ts";

/** How an agent for a device is had, as often as the one before was lost. */
export interface Connection {
  connect(): Promise<Agent>;
  close(): Promise<void>;
}
