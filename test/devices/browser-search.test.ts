import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "puppeteer-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadCosts, openTable } from "../../energy-db/index.ts";
import { formatNetwork } from "../../src/network/network-file.ts";
import { chromium, chromiumMissing } from "../support/chromium.ts";
import { cli } from "../support/cli.ts";
import { smallNetwork } from "../support/formula-table.ts";
import { addressIn } from "./shown-page.ts";

describe.skipIf(chromiumMissing !== undefined)(
  `a search for a browser${chromiumMissing ? ` (${chromiumMissing})` : ""}`,
  () => {
    const folder = mkdtempSync(join(tmpdir(), "wattsplit-browser-search-"));
    const [net, db, found] = ["small.json", "energy.db", "found"].map((name) => join(folder, name));
    let browser: Browser;
    beforeAll(async () => {
      browser = await chromium();
    });
    afterAll(async () => {
      await browser?.close();
      rmSync(folder, { recursive: true, force: true });
    });

    /** Runs a command, and opens the page that it asks for; fails where the command does. */
    async function wattsplit(...args: readonly string[]): Promise<void> {
      const onStderr = (text: string): void => {
        const url = addressIn(text);
        if (url) void browser.newPage().then((page) => page.goto(url));
      };
      const { code, stderr } = await cli(args, { onStderr });
      expect([code, stderr]).toEqual([0, expect.any(String)]);
    }
    const hurried = ["--patience", "0.001s", "--allow-conditions"];

    it("runs on the table that was measured there, and its network is verified there", async () => {
      if (!net || !db || !found) throw new Error("no paths");
      const network = smallNetwork(8, 16);
      writeFileSync(net, formatNetwork(network));

      await wattsplit(
        ...["profile", "--net", net, "--device", "browser", "--runtime", "litert", "--db", db],
        ...["--networks", "3", "--held-out", "0", "--target-ci", "0.5", ...hurried],
      );
      const table = openTable(db, { mode: "read" });
      const [platform] = table.platforms();
      // So small networks hardly differ there: calls are most of what they cost.
      const budget_s = 1.25 * loadCosts(table, platform?.id ?? 0).networkCost(network).latency_s;
      await wattsplit(
        ...["search", "--net", net, "--data", "synthetic", "--db", db, "--device", "browser"],
        ...["--latency-ms", `${budget_s * 1e3}`, "--margin", "0.02", "--recipe", "trial"],
        ...["--train-threads", "1", "--out", found],
      );
      await wattsplit("verify", found, "--runtime", "litert", ...hurried);

      const verified = JSON.parse(readFileSync(join(found, "verification.json"), "utf8"));
      expect(verified.predicted_s).toBeLessThanOrEqual(budget_s);
      expect(verified.measured.latency_s).toBeGreaterThan(0);
      // The same phone: it is known by its cookie.
      expect(table.platforms().map(({ runtime }) => runtime)).toEqual(["litert"]);
      expect(
        table.networkMeasurements(platform?.id ?? 0, { role: "verify" }).length,
      ).toBeGreaterThanOrEqual(3);
      table.close();
    });
  },
);
