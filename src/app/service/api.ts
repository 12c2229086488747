import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import { guessedCosts } from "../../../energy-db/index.ts";
import { UserError } from "../../errors.ts";
import { parseNetwork } from "../../network/network-file.ts";
import { estimateModel, modelDocument } from "../workflows/estimate-model.ts";
import { fieldsOf, type ImportedRow, importedRows } from "../workflows/imported-costs.ts";
import { kernelRowFields } from "../workflows/kernel-row.ts";
import {
  costDocument,
  findingRows,
  guessDocument,
  importedCostDocument,
  importedMarginalDocument,
  importedStairsRows,
  kernelRows,
  likeDocument,
  likePredictionDocument,
  marginalDocument,
  platformRows,
  predictionDocument,
  sessionRows,
  stairsRows,
} from "./answers.ts";
import type { ModelReader } from "./model-reader.ts";
import { csv, pagedRows } from "./paged-rows.ts";
import {
  costBody,
  errorBody,
  estimateBody,
  findingRow,
  kernelQuery,
  kernelRow,
  likeQuery,
  marginalBody,
  marginalQuery,
  pageOf,
  pageQuery,
  platformQuery,
  predictionBody,
  rowsOf,
  sessionRow,
  stairsRow,
} from "./schemas.ts";
import {
  importedCostBody,
  importedMarginalBody,
  importedRow,
  importedStairsRow,
  platformsBody,
} from "./schemas-imported.ts";
import type { TableReader } from "./table-reader.ts";

const json = <T extends z.ZodType>(schema: T) => ({ "application/json": { schema } });
const answers = <T extends z.ZodType>(schema: T, description: string) => ({
  200: { description, content: json(schema) },
  400: { description: "The question is wrong", content: json(errorBody) },
  404: { description: "The table does not hold what was asked", content: json(errorBody) },
});

const pages = <T extends z.ZodType>(schema: T, description: string) => {
  const { 200: page, ...refusals } = answers(schema, description);
  const link = {
    description: 'address of the next page, relative to this one: <ADDRESS>; rel="next"',
    schema: { type: "string" as const },
  };
  return { 200: { ...page, headers: { Link: link } }, ...refusals };
};

const anyKernel = z.object({ ...platformQuery.shape, ...kernelQuery.shape });
const anyCost = z.object({ ...anyKernel.shape, ...likeQuery.shape });
const anyPrediction = z.object({ ...platformQuery.shape, ...likeQuery.shape });
const anyMarginal = z.object({ ...anyKernel.shape, ...marginalQuery.shape });
const anyPage = z.looseObject({ ...platformQuery.shape, ...kernelQuery.shape, ...pageQuery.shape });

/** Read-only answers as JSON (and CSV where they are rows), each described in /openapi.json. */
export function addApi(app: OpenAPIHono, reader: TableReader, models: ModelReader): void {
  app.openapi(
    createRoute({
      method: "get",
      path: "/api/platforms",
      summary: "What the table was measured on",
      responses: answers(platformsBody, "Platforms, and tables of other tools"),
    }),
    (c) =>
      c.json(
        { schema: 1 as const, rows: platformRows(reader), imported: [...reader.table.imported()] },
        200,
      ),
  );
  app.openapi(
    createRoute({
      method: "get",
      path: "/api/cost",
      summary: "Cost of one kernel inside a network, or of a row of a device's imported table",
      request: { query: anyCost },
      responses: answers(
        z.union([costBody, importedCostBody]),
        "Smoothed over the kernel's family, and as measured; or as imported",
      ),
    }),
    (c) => {
      const query = c.req.valid("query");
      const { like, predict } = query;
      const imported = predict === "true" ? undefined : reader.imported(query);
      if (imported) return c.json(importedCostDocument(imported, query), 200);
      const document =
        like !== undefined
          ? likeDocument(reader.likeCosts(query, like), query)
          : predict === "true"
            ? guessDocument(guessedCosts(reader.everyCosts(query)), query)
            : costDocument(reader.costsOfKernel(query, query), query);
      return c.json(document, 200);
    },
  );
  app.openapi(
    createRoute({
      method: "get",
      path: "/api/marginal",
      summary: "Cost of more channels in one kernel, and the width until which they are free",
      request: { query: anyMarginal },
      responses: answers(z.union([marginalBody, importedMarginalBody]), "Marginal cost"),
    }),
    (c) => {
      const query = c.req.valid("query");
      const imported = reader.imported(query);
      if (imported) return c.json(importedMarginalDocument(imported, query, query), 200);
      const { grow } = query;
      if (grow === "mid") throw noInnerChannels();
      const change = { ...query, grow };
      return c.json(marginalDocument(reader.costsOfKernel(query, query), query, change), 200);
    },
  );
  app.openapi(
    createRoute({
      method: "get",
      path: "/api/stairs",
      summary: "Steps of cost along widths, and widths that cost more than larger ones",
      request: { query: anyKernel },
      responses: answers(
        z.union([rowsOf(stairsRow, "StairsRows"), rowsOf(importedStairsRow, "ImportedStairsRows")]),
        "Stairs by family and axis",
      ),
    }),
    (c) => {
      const query = c.req.valid("query");
      const imported = reader.imported(query);
      if (imported)
        return c.json({ schema: 1 as const, rows: importedStairsRows(imported, query) }, 200);
      return c.json({ schema: 1 as const, rows: stairsRows(reader.costs(query), query) }, 200);
    },
  );
  app.openapi(
    createRoute({
      method: "get",
      path: "/api/kernels",
      summary: "Measured kernels and their costs",
      description:
        "Every field of a row filters: FIELD=VALUE, FIELD__gte=VALUE and so on (is, not, gt, gte, lt, lte, contains). " +
        "By pages: rows stand in the same order until the table changes (its ETag says so), equal ones of a sort too; " +
        "`next` is the offset of the next page, and the header Link its address, for CSV too.",
      request: { query: anyPage },
      responses: pages(
        z.union([pageOf(kernelRow, "KernelCosts"), pageOf(importedRow, "ImportedRows")]),
        "A page of kernels, or of the rows of a device's imported table",
      ),
    }),
    (c) => {
      const query = c.req.valid("query");
      const imported = reader.imported(query);
      const ofKernels = () =>
        pagedRows(c, kernelRows(reader.costs(query), query), kernelRowFields, query);
      const ofImported = (rows: readonly ImportedRow[]) =>
        pagedRows(c, rows, fieldsOf(rows), query);
      const page = imported ? ofImported(importedRows(imported.table, query)) : ofKernels();
      return query.format === "csv" ? (csv(c, page.rows) as never) : c.json(page, 200);
    },
  );
  app.openapi(
    createRoute({
      method: "get",
      path: "/api/sessions",
      summary: "Sessions that measured a platform, oldest first",
      request: { query: platformQuery },
      responses: answers(rowsOf(sessionRow, "Sessions"), "Sessions"),
    }),
    (c) => c.json({ schema: 1 as const, rows: sessionRows(reader, c.req.valid("query")) }, 200),
  );
  app.openapi(
    createRoute({
      method: "get",
      path: "/api/checks",
      summary: "Whether the numbers make sense and predict whole networks",
      request: { query: platformQuery },
      responses: answers(rowsOf(findingRow, "Findings"), "Findings"),
    }),
    (c) => c.json({ schema: 1 as const, rows: findingRows(reader, c.req.valid("query")) }, 200),
  );
  app.openapi(
    createRoute({
      method: "post",
      path: "/api/predict",
      summary: "Cost of a whole network, layer by layer",
      request: {
        query: anyPrediction,
        body: {
          description: "A network.json document, see docs/network-format.md",
          required: true,
          content: { "application/json": { schema: z.unknown() } },
        },
      },
      responses: answers(predictionBody, "Cost with its 95 % interval"),
    }),
    async (c) => {
      const network = parseNetwork(await c.req.text(), "the request's body");
      const query = c.req.valid("query");
      const { like, predict } = query;
      const document =
        like !== undefined
          ? likePredictionDocument(reader.likeCosts(query, like), network)
          : predictionDocument(
              predict === "true" ? guessedCosts(reader.everyCosts(query)) : reader.costs(query),
              network,
            );
      return c.json(document, 200);
    },
  );
  app.openapi(
    createRoute({
      method: "post",
      path: "/api/estimate",
      summary: "Cost of any ONNX model, layer by layer, without running it",
      request: {
        query: platformQuery,
        body: {
          description:
            "An ONNX file, float32 or quantised (QDQ), opset 9 or newer; its weights are not looked at",
          required: true,
          content: {
            "application/octet-stream": { schema: z.string().openapi({ format: "binary" }) },
          },
        },
      },
      responses: {
        ...answers(estimateBody, "Cost with its 95 % interval"),
        503: { description: "Too many other models are being read", content: json(errorBody) },
      },
    }),
    async (c) => {
      const document = await models.admitted(async () => {
        const bytes = new Uint8Array(await c.req.arrayBuffer());
        const model = await models.read({ bytes, source: "the request's body" });
        const tables = reader.costsForModel(c.req.valid("query"), model);
        return modelDocument(estimateModel(model, tables), tables[0]);
      });
      return c.json({ schema: 1 as const, ...document }, 200);
    },
  );
}

const noInnerChannels = (): UserError =>
  new UserError("A kernel has no inner channels to grow", {
    hint: "Give grow=in or grow=out; blocks of imported tables have inner ones.",
    exit: "usage",
  });
