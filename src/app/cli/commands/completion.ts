import { Command } from "commander";
import { completionScript, shells } from "../completion.ts";
import type { CommandContext } from "../context.ts";

export function completionCommand({ terminal }: CommandContext): Command {
  return new Command("completion")
    .description("a shell's completion script, to be put where the shell looks for it")
    .argument("<shell>", shells.join(", "))
    .action((shell: string, _: object, { parent }: Command) => {
      if (!parent) throw new Error("completion stands below no program");
      terminal.answer(completionScript(shell, parent));
    });
}
