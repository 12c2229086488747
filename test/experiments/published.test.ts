import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { pageFiles } from "../../experiments/publish.ts";
import { readResults } from "../../experiments/results-folder.ts";

const folder = join("docs", "experiments");
const published = existsSync(folder)
  ? readdirSync(folder).filter((name) => name.endsWith(".json"))
  : [];

test("published pages are what their data gives (else: npm run docs)", () => {
  for (const name of published) {
    const results = readResults(join(folder, name));
    for (const [file, text] of Object.entries(pageFiles(results)))
      expect(readFileSync(join(folder, file), "utf8"), file).toBe(text);
  }
});
