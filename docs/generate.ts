import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { publish } from "../experiments/publish.ts";
import { readResults } from "../experiments/results-folder.ts";
import { pages } from "./pages.ts";

/** Rewrites every generated page; test/docs/pages.test.ts and test/experiments/published.test.ts fail while one of them is stale. */
for (const [path, text] of Object.entries(await pages())) {
  writeFileSync(path, text);
  console.error(`wrote ${path}`);
}

const evidence = join("docs", "experiments");
for (const file of readdirSync(evidence).filter((name) => name.endsWith(".json")))
  console.error(`wrote ${publish(readResults(join(evidence, file)), evidence)}`);
