import type { MachineState, RawRecord } from "../raw.ts";
import type { MeasurementScript } from "../script.ts";
import type { AgentDescription } from "./agent.ts";

/** What the agent is asked over a channel. `abort` has no answer of its own: the run it stops answers. */
export type AgentRequest = { readonly id: number } & (
  | { readonly kind: "describe" | "now" | "state" | "abort" }
  | { readonly kind: "run"; readonly script: MeasurementScript }
);

/** What answers a request, by its kind. */
export interface Answers {
  describe: AgentDescription;
  now: number;
  state: MachineState;
  run: undefined;
}

/** Any number of records, then one answer or failure. */
export type AgentReply = { readonly id: number } & (
  | { readonly record: RawRecord }
  | { readonly answer: Answers[keyof Answers] }
  | { readonly failure: Failure }
);

/** An error that crosses the channel: a UserError keeps its hint and exit. */
export interface Failure {
  readonly message: string;
  readonly user?: { readonly hint: string; readonly exit: string };
}
