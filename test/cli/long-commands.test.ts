import { beforeAll, expect, test } from "vitest";
import { cli } from "../support/cli.ts";
import { type CommandFolder, commandFolder } from "../support/command-folder.ts";
import { casesOf, expectSuccess, longSuccesses } from "./successes.ts";

let files: CommandFolder;
beforeAll(async () => {
  files = await commandFolder();
}, 120_000);

test.each(casesOf(longSuccesses))("$title answers as text and as its document", async (one) => {
  await expectSuccess(one, files);
});

test("a network named twice is measured once, and answered twice", async () => {
  const { net, db } = files;

  const { stdout } = await cli([
    ...["verify", "--net", net, net, "--db", db, "--patience", "0.1s", "--allow-conditions"],
    "--json",
  ]);

  const [first, second] = JSON.parse(stdout).rows;
  expect(second).toEqual(first);
});
