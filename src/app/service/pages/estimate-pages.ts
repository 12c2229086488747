import type { OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";
import type { CostTable } from "../../../../energy-db/index.ts";
import { UserError } from "../../../errors.ts";
import type { ImportedModel } from "../../../network/import/index.ts";
import { estimateModel, modelDocument } from "../../workflows/estimate-model.ts";
import type { ModelReader } from "../model-reader.ts";
import { hasCosts, type TableReader } from "../table-reader.ts";
import { type EstimateChoice, type Estimated, estimatePage } from "./estimate.ts";

/** The form for a model, and what came of one: as a page, and under /estimate.json as JSON. */
export function addEstimatePages(app: OpenAPIHono, reader: TableReader, models: ModelReader): void {
  const choices = () => choicesOf(reader);
  const estimated = (c: Context): Promise<Estimated> =>
    models.admitted(async () => {
      const { model: file, platform } = await c.req.parseBody();
      if (!(file instanceof File) || file.size === 0)
        throw new UserError("No model came with the form", {
          hint: "Choose an ONNX file at /estimate.",
          exit: "usage",
        });
      const bytes = new Uint8Array(await file.arrayBuffer());
      const model = await models.read({ bytes, source: file.name });
      const tables = tablesFor(reader, String(platform), model);
      return { file: file.name, costs: tables[0], report: estimateModel(model, tables) };
    });
  app.get("/estimate", (c) => c.html(estimatePage(choices(), undefined)));
  app.get("/estimate.json", (c) => c.json({ schema: 1, platforms: choices() }));
  app.post("/estimate", async (c) => c.html(estimatePage(choices(), await estimated(c))));
  app.post("/estimate.json", async (c) => {
    const { report, costs } = await estimated(c);
    return c.json({ schema: 1, ...modelDocument(report, costs) });
  });
}

/** Platforms with costs, and tables of other tools. */
const choicesOf = (reader: TableReader): readonly EstimateChoice[] => [
  ...reader
    .platforms()
    .filter(hasCosts)
    .map(({ id, device, runtime, threads, precision }) => ({
      value: `${id}`,
      label: `${device}, ${runtime}, ${threads} thread${threads === 1 ? "" : "s"}, ${precision}`,
    })),
  ...reader.table
    .imported()
    .map(({ id, device }) => ({ value: `imported-${id}`, label: `${device}, imported` })),
];

/** Of the platform chosen; where it computes in another precision than the model, of the one beside it that does not. */
function tablesFor(
  reader: TableReader,
  value: string,
  model: ImportedModel,
): readonly [CostTable, ...CostTable[]] {
  const [, imported] = /^imported-(\d+)$/.exec(value) ?? [];
  if (imported !== undefined) return [reader.importedById(Number(imported)).costs()];
  const chosen = reader.platform({ platform: Number(value) });
  const { id } = reader.inPrecisionOf(model, chosen) ?? chosen;
  return reader.everyCosts({ platform: id });
}
