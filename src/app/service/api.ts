import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { guessedCosts } from "../../../energy-db/index.ts";
import { csvText } from "../../csv.ts";
import { stepsOf } from "../../network/import/index.ts";
import { parseNetwork } from "../../network/network-file.ts";
import { parseOutline } from "../../onnx/index.ts";
import { matchesRow, parseCondition, type Row, sortRows } from "../../row-filter.ts";
import { estimateModel, modelDocument } from "../workflows/estimate-model.ts";
import { kernelRowFields } from "../workflows/kernel-row.ts";
import {
  costDocument,
  findingRows,
  guessDocument,
  kernelRows,
  likeDocument,
  likePredictionDocument,
  marginalDocument,
  platformRows,
  predictionDocument,
  sessionRows,
  stairsRows,
} from "./answers.ts";
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
  platformRow,
  predictionBody,
  rowsOf,
  sessionRow,
  stairsRow,
} from "./schemas.ts";
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
export function addApi(app: OpenAPIHono, reader: TableReader): void {
  app.openapi(
    createRoute({
      method: "get",
      path: "/api/platforms",
      summary: "What the table was measured on",
      responses: answers(rowsOf(platformRow, "Platforms"), "Platforms"),
    }),
    (c) => c.json({ schema: 1 as const, rows: platformRows(reader) }, 200),
  );
  app.openapi(
    createRoute({
      method: "get",
      path: "/api/cost",
      summary: "Cost of one kernel inside a network",
      request: { query: anyCost },
      responses: answers(costBody, "Smoothed over the kernel's family, and as measured"),
    }),
    (c) => {
      const query = c.req.valid("query");
      const { like, predict } = query;
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
      responses: answers(marginalBody, "Marginal cost"),
    }),
    (c) => {
      const query = c.req.valid("query");
      return c.json(marginalDocument(reader.costsOfKernel(query, query), query, query), 200);
    },
  );
  app.openapi(
    createRoute({
      method: "get",
      path: "/api/stairs",
      summary: "Steps of cost along widths, and widths that cost more than larger ones",
      request: { query: anyKernel },
      responses: answers(rowsOf(stairsRow, "StairsRows"), "Stairs by family and axis"),
    }),
    (c) => {
      const query = c.req.valid("query");
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
      responses: pages(pageOf(kernelRow, "KernelCosts"), "A page of kernels"),
    }),
    (c) => {
      const query = c.req.valid("query");
      const { sort, limit, offset, format } = query;
      const rows = filtered(c, kernelRows(reader.costs(query), query), kernelRowFields, sort);
      const next = offset + limit < rows.length ? offset + limit : undefined;
      if (next !== undefined) c.header("link", `<${addressOf(c, { offset: next })}>; rel="next"`);
      const page = rows.slice(offset, offset + limit);
      if (format === "csv") return csv(c, page) as never;
      const found = { schema: 1 as const, rows: page, total: rows.length };
      return c.json(next === undefined ? found : { ...found, next }, 200);
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
      responses: answers(estimateBody, "Cost with its 95 % interval"),
    }),
    async (c) => {
      const bytes = new Uint8Array(await c.req.arrayBuffer());
      const body = "the request's body";
      const model = stepsOf(parseOutline(bytes, body), body);
      const tables = reader.costsForModel(c.req.valid("query"), model);
      const document = modelDocument(estimateModel(model, tables), tables[0]?.source ?? "");
      return c.json({ schema: 1 as const, ...document }, 200);
    },
  );
}

/** The address of what was asked for, with another parameter: a path, right behind any proxy that keeps it. */
function addressOf(c: Context, change: Readonly<Record<string, number>>): string {
  const { pathname, searchParams } = new URL(c.req.url);
  for (const [name, value] of Object.entries(change)) searchParams.set(name, String(value));
  return `${pathname}?${searchParams}`;
}

/** Names that the question itself takes; what is left over in a query filters rows. */
const taken = new Set([
  ...Object.keys(anyPage.shape).filter((name) => name !== "op" && name !== "variant"),
]);

/** Rows under the conditions in the query string, in the order asked for. Throws a UserError for an unknown field. */
export function filtered<T extends Row>(
  c: Context,
  rows: readonly T[],
  fields: readonly string[],
  sort: string | undefined,
): T[] {
  const conditions = Object.entries(c.req.queries())
    .filter(([key]) => !taken.has(key))
    .flatMap(([key, values]) =>
      values.filter((value) => value !== "").map((value) => parseCondition(key, value, fields)),
    );
  const kept = rows.filter((row) => matchesRow(row, conditions));
  return [...(sort ? sortRows(kept, sort, fields) : kept)];
}

export const csv = (c: Context, rows: readonly Row[]): Response =>
  c.body(csvText(rows), 200, { "content-type": "text/csv; charset=utf-8; header=present" });
