import type { z } from "zod";
import { estimateBody } from "../../service/schemas.ts";
import * as costs from "./costs.ts";
import * as runs from "./runs.ts";
import * as tables from "./tables.ts";

/** A document that a command prints under --json, less its first field, `"schema": 1`. */
export interface PrintedDocument {
  /** When it is this one, for commands that print several. */
  readonly when?: string;
  readonly schema: z.ZodObject;
}

/**
 * The documents of every command that has --json, by the command's words. Fields are only added, in the change that prints
 * them: test/cli/every-command.test.ts holds real answers against this, and `npm run docs` writes docs/json.md from it.
 */
export const printedDocuments: Readonly<Record<string, readonly PrintedDocument[]>> = {
  quickstart: [{ schema: runs.quickstartDocument }],
  devices: [{ schema: tables.probeDocument }],
  "devices list": [{ schema: tables.devicesDocument }],
  "devices show": [{ schema: tables.deviceDocument }],
  "devices probe": [{ schema: tables.probeDocument }],
  "devices trace": [
    { schema: tables.traceDocument },
    { when: "with --db", schema: tables.traceInTableDocument },
  ],
  profile: [
    { schema: runs.profileDocument },
    { when: "with --dry-run", schema: runs.planDocument },
  ],
  "query cost": [
    { schema: costs.costDocument },
    { when: "of an imported table", schema: costs.importedCostDocument },
    { when: "with --predict", schema: costs.costDocument },
  ],
  "query network": [
    { schema: costs.networkDocument },
    { when: "with --predict", schema: costs.networkDocument },
  ],
  "query marginal": [
    { when: "of a kernel", schema: costs.kernelMarginalDocument },
    { when: "with --net", schema: costs.networkMarginalDocument },
    { when: "of an imported table", schema: costs.importedMarginalDocument },
  ],
  "query stairs": [
    { schema: costs.stairsDocument },
    { when: "of an imported table", schema: costs.importedStairsDocument },
  ],
  "query kernels": [
    { schema: costs.kernelsDocument },
    { when: "of an imported table", schema: costs.importedRowsDocument },
  ],
  "query platforms": [{ schema: costs.platformsDocument }],
  estimate: [{ schema: estimateBody.omit({ schema: true }) }],
  search: [
    { schema: runs.searchDocument },
    { when: "with --cell rnn", schema: runs.textSearchDocument },
  ],
  train: [
    { schema: runs.trainingDocument },
    { when: "with --net gcn", schema: runs.graphTrainingDocument },
    { when: "on a text", schema: runs.textTrainingDocument },
  ],
  verify: [
    { when: "of a search's folder", schema: runs.verification },
    { when: "of a recurrent cell's folder", schema: runs.stepVerification },
    { when: "with --net or --held-out", schema: runs.verificationsDocument },
  ],
  "table check": [{ schema: tables.checkDocument }],
  "table import": [{ schema: tables.importDocument }],
  "table merge": [{ schema: tables.mergeDocument }],
  "table diff": [{ schema: tables.diffDocument }],
  "table publish": [{ schema: tables.publishDocument }],
};
