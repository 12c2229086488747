/** Exit codes of the command line; every UserError names the one it leads to. */
export const exitCodes = {
  done: 0,
  failure: 1,
  usage: 2,
  unavailable: 3,
  unreliable: 4,
  budget: 5,
  interrupted: 130,
} as const;

export type ExitReason = keyof typeof exitCodes;

/**
 * Something a person can put right. `message` says what was given and what was expected,
 * `hint` what to do next; `exit` chooses the exit code (default: failure at run time).
 */
export class UserError extends Error {
  override readonly name = "UserError";
  readonly hint: string;
  readonly exit: ExitReason;

  constructor(message: string, options: { hint: string; exit?: ExitReason; cause?: unknown }) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.hint = options.hint;
    this.exit = options.exit ?? "failure";
  }
}

/** `No KIND "given"`, with the nearest known names first: unknown devices, nets, data sets, methods. */
export function unknownName(kind: string, given: string, known: readonly string[]): UserError {
  const nearest = [...known].sort((a, b) => editDistance(given, a) - editDistance(given, b));
  return new UserError(`No ${kind} "${given}"`, {
    hint: `Known: ${nearest.join(", ")}`,
    exit: "usage",
  });
}

/** Levenshtein distance by one rolling row. */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (const [i, letter] of [...from].entries()) {
    const next = [i + 1];
    for (const [j, other] of [...to].entries()) {
      const substitute = (row[j] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(substitute, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}
