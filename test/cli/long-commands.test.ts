import { beforeAll, test } from "vitest";
import { type CommandFolder, commandFolder } from "../support/command-folder.ts";
import { casesOf, expectSuccess, longSuccesses } from "./successes.ts";

let files: CommandFolder;
beforeAll(async () => {
  files = await commandFolder();
}, 120_000);

test.each(casesOf(longSuccesses))("$title answers as text and as its document", async (one) => {
  await expectSuccess(one, files);
});
