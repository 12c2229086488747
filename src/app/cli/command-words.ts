import type { Command } from "commander";
import { unknownName } from "../../errors.ts";

/** `help A B` is `A B --help`. */
export function withoutHelpWord(args: readonly string[]): readonly string[] {
  const [first, ...words] = args;
  return first === "help" ? [...words.filter((word) => word !== "--help"), "--help"] : args;
}

/** The command's words below the program: "query cost"; "" for the program itself. */
export const wordsOf = (command: Command): string =>
  command.parent ? `${wordsOf(command.parent)} ${command.name()}`.trim() : "";

/**
 * Throws a UserError with the nearest names when the words of a command line are no command: before options are
 * looked at, which commander would complain about first.
 */
export function requireKnownCommand(program: Command, args: readonly string[]): void {
  let command = program;
  for (const word of args) {
    if (command.commands.length === 0) return;
    if (word.startsWith("-")) continue;
    const next = command.commands.find((known) => known.name() === word);
    if (!next)
      throw unknownName(
        command.parent ? `command of ${wordsOf(command)}` : "command",
        word,
        command.commands.map((known) => known.name()),
      );
    command = next;
  }
}
