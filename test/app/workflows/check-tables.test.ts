import { expect, test } from "vitest";
import { fitTable } from "../../../energy-db/index.ts";
import { checkTables } from "../../../src/app/workflows/check-tables.ts";
import type { Network } from "../../../src/network/network.ts";
import {
  identity,
  latencyOf,
  measuredNetwork,
  sessionSettings,
} from "../../energy-db/example-rows.ts";
import { freshTable } from "../../energy-db/temporary.ts";
import { drawnChains, packedPlatform, trueLatency } from "../../support/packed-platform.ts";

test("a table of whole networks alone, as browsers make them, is judged by those held out", () => {
  const table = freshTable();
  const { id } = table.ensurePlatform(identity, {});
  const session = table.startSession(id, sessionSettings);
  const store = (networks: readonly Network[], role: "design" | "held-out") => {
    for (const [position, network] of networks.entries()) {
      const latency = latencyOf(trueLatency(network, packedPlatform));
      const more = { role, position, latency, kernels: [] };
      table.addNetworkMeasurement(
        id,
        session,
        measuredNetwork(network, packedPlatform.kernel_s, more),
      );
    }
  };
  const bare = checkTables(table);
  store(drawnChains(60, 1), "design");
  store(drawnChains(6, 2), "held-out");
  fitTable(table, id, "chain", "2026-01-01T01:00:00Z");

  const found = checkTables(table);
  table.close();

  expect(bare).toMatchObject([{ check: "measured rows", severity: "warning" }]);
  expect(found.find(({ message }) => message.includes("held out, all"))).toMatchObject({
    check: "held-out error",
    severity: "ok",
    message: expect.stringContaining("6 networks"),
  });
  expect(found.filter(({ severity }) => severity === "error")).toEqual([]);
});
