import { writeFileSync } from "node:fs";
import { pages } from "./pages.ts";

/** Rewrites every generated page; test/docs/pages.test.ts fails while one of them is stale. */
for (const [path, text] of Object.entries(await pages())) {
  writeFileSync(path, text);
  console.error(`wrote ${path}`);
}
