import { type ExitReason, UserError } from "../../errors.ts";

/** An error as one process tells it to another. */
export interface Failure {
  readonly message: string;
  /** There where a person can put it right. */
  readonly user?: { readonly hint: string; readonly exit: ExitReason };
}

export function failureOf(error: unknown): Failure {
  if (error instanceof UserError) {
    const { message, hint, exit } = error;
    return { message, user: { hint, exit } };
  }
  return { message: error instanceof Error ? (error.stack ?? error.message) : String(error) };
}

export const errorOf = ({ message, user }: Failure): Error =>
  user ? new UserError(message, user) : new Error(message);
