import { z } from "zod";
import type { MachineState, RawRecord } from "../raw.ts";
import type { MeasurementScript } from "../script.ts";
import type { AgentDescription } from "./agent.ts";
import { descriptionSchema, recordSchema, stateSchema } from "./record-schema.ts";
import { scriptSchema } from "./script-schema.ts";

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
  | { readonly answer?: unknown }
  | { readonly failure: Failure }
);

/** An error that crosses the channel: a UserError keeps its hint and exit. */
export interface Failure {
  readonly message: string;
  readonly user?: { readonly hint: string; readonly exit: string };
  /** Its disk was full: asked again, it may succeed. */
  readonly isFull?: true;
}

/** The most bytes of one message to an agent, which holds models, and from one. */
export const mostRequestBytes = 2 ** 30;
export const mostReplyBytes = 2 ** 28;

const id = z.int().min(1);
const words = z.string().max(10_000);

const requestSchema: z.ZodType<AgentRequest> = z.union([
  z.strictObject({ id, kind: z.enum(["describe", "now", "state", "abort"]) }),
  z.strictObject({ id, kind: z.literal("run"), script: scriptSchema }),
]);

const replySchema: z.ZodType<AgentReply> = z.union([
  z.strictObject({ id, record: recordSchema }),
  z.strictObject({
    id,
    failure: z.object({
      message: words,
      user: z.object({ hint: words, exit: words }).exactOptional(),
      isFull: z.literal(true).exactOptional(),
    }),
  }),
  z.strictObject({ id, answer: z.unknown().optional() }),
]);

/** Answers by the kind of what was asked. */
const answerSchemas: { readonly [K in keyof Answers]: z.ZodType<Answers[K]> } = {
  describe: descriptionSchema,
  now: z.number(),
  state: stateSchema,
  run: z.undefined(),
};

/** A request, checked; throws an error in one line. */
export const checkedRequest = (message: unknown): AgentRequest =>
  checked(requestSchema, message, "request");

export const checkedReply = (message: unknown): AgentReply =>
  checked(replySchema, message, "reply");

export const checkedAnswer = <K extends keyof Answers>(kind: K, answer: unknown): Answers[K] =>
  checked<Answers[K]>(answerSchemas[kind], answer, `answer to "${kind}"`);

function checked<T>(schema: z.ZodType<T>, message: unknown, what: string): T {
  const parsed = schema.safeParse(message);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new Error(`a malformed ${what}: ${issue?.path.join(".") ?? ""} ${issue?.message ?? ""}`);
}
