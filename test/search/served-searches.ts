import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { type EnergyTable, networkKey, openTable } from "../../energy-db/index.ts";
import { planProfile } from "../../profiler/index.ts";
import type { FoundNetwork, SearchMethod } from "../../search/index.ts";
import { serviceApp } from "../../src/app/service/app.ts";
import { TableReader } from "../../src/app/service/table-reader.ts";
import { profiledSpace } from "../../src/app/workflows/profile-run.ts";
import { writeDocument, writeFound } from "../../src/app/workflows/search-folder.ts";
import { pathNetwork, smallestPath } from "../../src/network/blocks/operator-space.ts";
import { alternatingOperations, cellNetwork } from "../../src/network/cells/convolutional-cell.ts";
import { smallestCells } from "../../src/network/cells/read-cells.ts";
import { completeWiring } from "../../src/network/cells/wiring.ts";
import type { SearchStart } from "../../src/network/search-start.ts";
import { identity } from "../energy-db/example-rows.ts";
import { temporaryFolder } from "../energy-db/temporary.ts";
import { writePlannedTable } from "../support/formula-table.ts";
import { seedNetwork, smallCells, smallOperators } from "./small-search.ts";

/** What the small searches start from, by what a method searches for. */
const starts: Readonly<Record<NonNullable<SearchMethod["searchesFor"]> | "widths", SearchStart>> = {
  widths: {
    space: seedNetwork.name,
    network: seedNetwork,
    reference: seedNetwork,
    caps: new Map([
      ["conv1", 16],
      ["conv2", 16],
    ]),
  },
  operators: operatorStart(),
  wirings: cellStart(),
};

function operatorStart(): SearchStart {
  const network = pathNetwork(smallOperators, smallestPath(smallOperators));
  const [caps, space] = [new Map<string, number>(), smallOperators.name];
  return { space, network, reference: network, caps, operators: smallOperators };
}

function cellStart(): SearchStart {
  const cell = { wiring: completeWiring(4), operations: alternatingOperations(4) };
  const reference = cellNetwork(cell, smallCells);
  const network = smallestCells(smallCells);
  const cells = { stack: smallCells, cell };
  return { space: smallCells.name, network, reference, caps: new Map(), cells };
}

export interface ServedSearches {
  /** Writes a search's folder, with the table that its network's kernels are in, and serves it. */
  write(
    method: SearchMethod,
    found: FoundNetwork,
  ): {
    readonly folder: string;
    readonly table: EnergyTable;
    /** Of the search, from the service. */
    page(): Promise<string>;
  };
  close(): void;
}

/** One table with the kernels of every small space, by formula. */
export function servedSearches(): ServedSearches {
  const root = temporaryFolder();
  const db = join(root, "energy.db");
  for (const start of Object.values(starts)) {
    const plan = planProfile({ ...profiledSpace(start), heldOutNetworks: 0 });
    // So small a space comes to some of its networks twice.
    const byKey = new Map(plan.networks.map((one) => [networkKey(one.network), one]));
    const planned = { ...plan, networks: [...byKey.values()] };
    writePlannedTable(db, planned, { platform: identity, loads: 1, assumePower_w: 2 });
  }
  const table = openTable(db, { mode: "read" });
  const reader = new TableReader(db, { started: "t0", now_ms: Date.now, freshness_ms: 0 });
  return {
    write: (method, found) => {
      const folder = join(root, method.name);
      mkdirSync(folder);
      writeFound(folder, found);
      const { device, runtime, threads } = identity;
      writeDocument(folder, "run", {
        command: `wattsplit search --method ${method.name}`,
        toolVersion: "0",
        generatedAt: "2026-01-01T00:00:00Z",
        ...{ db, device, runtime, threads },
        space: starts[method.searchesFor ?? "widths"].space,
        budget: found.history.budget,
        margin: 0,
      });
      const app = serviceApp({ reader, toolVersion: "0", now_ms: Date.now, searches: [folder] });
      const page = async () => await (await app.request(`/searches/${method.name}`)).text();
      return { folder, table, page };
    },
    close: () => {
      table.close();
      reader.close();
    },
  };
}
