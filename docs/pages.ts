import { cliPage } from "./cli.ts";
import { databasePage } from "./database.ts";
import { jsonPage } from "./json.ts";
import { networkFormatPage } from "./network-format.ts";

/** The generated pages by path: each is a function of the code it documents. */
export const pages = async (): Promise<Readonly<Record<string, string>>> => ({
  "docs/cli.md": await cliPage(),
  "docs/database.md": await databasePage(),
  "docs/json.md": jsonPage(),
  "docs/network-format.md": networkFormatPage(),
});
