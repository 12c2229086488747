import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { pages } from "../../docs/pages.ts";

test("the generated pages say what the code says (else: npm run docs)", async () => {
  for (const [path, text] of Object.entries(await pages()))
    expect(readFileSync(path, "utf8"), path).toBe(text);
});
