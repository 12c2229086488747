import { Command, Option } from "commander";
import { listen } from "../../service/server.ts";
import { TableReader } from "../../service/table-reader.ts";
import type { CommandContext } from "../context.ts";
import { shared, wholeNumber } from "../options.ts";

interface ServeFlags {
  readonly db: string;
  readonly port: number;
  readonly host: string;
  readonly token?: string;
  readonly search: readonly string[];
}

export function serveCommand({ terminal, signal, version }: CommandContext): Command {
  return new Command("serve")
    .description("the table over HTTP: REST with an OpenAPI document, and pages; read-only")
    .addOption(shared.db())
    .addOption(
      new Option("--port <n>", "port to listen at; 0 takes a free one")
        .argParser(wholeNumber)
        .default(8080),
    )
    .option(
      "--host <address>",
      "address to listen at; beyond this machine needs --token",
      "127.0.0.1",
    )
    .addOption(
      new Option("--token <text>", "ask for this token in every request").env("WATTSPLIT_TOKEN"),
    )
    .option("--search <dirs...>", "output folders of searches to show", [])
    .action(async ({ db, port, host, token, search }: ServeFlags) => {
      const reader = new TableReader(db, { started: Date.now().toString(36), now_ms: Date.now });
      try {
        const service = await listen({
          reader,
          port,
          host,
          toolVersion: version,
          searches: search,
          now_ms: Date.now,
          onBug: (error) => terminal.error(error.stack ?? error.message),
          ...(token ? { token } : {}),
        });
        terminal.answer(service.url);
        terminal.note("Serving; stop with Ctrl-C.");
        await stopped(signal);
        await service.close();
      } finally {
        reader.close();
      }
    });
}

const stopped = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
