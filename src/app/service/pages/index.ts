import type { OpenAPIHono, z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { UserError } from "../../../errors.ts";
import { comparisonSections, reportSections } from "../../../figures/index.ts";
import { askedKernel } from "../../workflows/asked-kernel.ts";
import { fieldsOf, importedRows } from "../../workflows/imported-costs.ts";
import { kernelRowFields } from "../../workflows/kernel-row.ts";
import { comparedSearch, searchReport } from "../../workflows/report-search.ts";
import { textFolderReport } from "../../workflows/report-text.ts";
import { checkedRows, kernelRows, platformRows, sessionRows, stairsRows } from "../answers.ts";
import { compareSides, sideOf } from "../comparison.ts";
import { kernelCurve } from "../curve.ts";
import type { ModelReader } from "../model-reader.ts";
import { filtered } from "../paged-rows.ts";
import { runningSessions } from "../running.ts";
import { describeIssues, kernelQuery, pageQuery } from "../schemas.ts";
import type { SearchFolders } from "../searches.ts";
import { hasCosts, type TableReader } from "../table-reader.ts";
import { type ChosenSides, comparePage } from "./compare.ts";
import { curvePage } from "./curve.ts";
import { addEstimatePages } from "./estimate-pages.ts";
import { homePage } from "./home.ts";
import { importedPage } from "./imported.ts";
import { kernelsPage } from "./kernels.ts";
import { address, page, searchAddress } from "./layout.ts";
import { checksPage, emptyPlatformPage, platformPage } from "./platform.ts";

export { errorPage } from "./layout.ts";

interface PageOptions {
  readonly reader: TableReader;
  readonly searches: SearchFolders;
  readonly models: ModelReader;
  readonly now_ms: () => number;
}

/** Pages for people: complete without JavaScript, every one with a JSON twin. */
export function addPages(
  app: OpenAPIHono,
  { reader, searches, models, now_ms }: PageOptions,
): void {
  const overview = () => ({
    imported: reader.table.imported(),
    running: runningSessions(reader.table, now_ms()),
    searching: searches.running(),
    searches: searches.delivered(),
  });
  app.get("/", (c) =>
    c.html(homePage({ path: reader.table.path, platforms: reader.platforms(), ...overview() })),
  );
  app.get("/index.json", (c) =>
    c.json({ schema: 1, platforms: platformRows(reader), ...overview() }),
  );
  app.get("/platforms/:id{[0-9]+}", (c) => {
    const choice = chosen(c);
    const platform = reader.platform(choice);
    return c.html(
      hasCosts(platform)
        ? platformPage(reader, platform, reader.costs(choice))
        : emptyPlatformPage(reader, platform),
    );
  });
  app.get("/platforms/:id{[0-9]+\\.json}", (c) => {
    const choice = chosen(c);
    const platform = reader.platform(choice);
    const known = hasCosts(platform)
      ? { costs: reader.costs(choice).summary, stairs: stairsRows(reader.costs(choice), {}) }
      : { stairs: [] };
    return c.json({
      schema: 1,
      platform: platformRows(reader).find((row) => row.id === platform.id),
      ...known,
      sessions: sessionRows(reader, choice),
    });
  });
  app.get("/platforms/:id{[0-9]+}/checks", (c) =>
    c.html(checksPage(reader, reader.platform(chosen(c)))),
  );
  app.get("/platforms/:id{[0-9]+}/kernels", (c) => {
    const choice = chosen(c);
    if (!hasCosts(reader.platform(choice)))
      return c.html(emptyPlatformPage(reader, reader.platform(choice)));
    const costs = reader.costs(choice);
    const { sort, limit, offset } = question(pageQuery, c);
    const rows = filtered(c, kernelRows(costs, {}), kernelRowFields, sort);
    const asked = withoutEmpty(c);
    return c.html(
      kernelsPage({ platform: reader.platform(choice), costs, rows, offset, limit, asked }),
    );
  });
  app.get("/platforms/:id{[0-9]+}/curve", (c) => {
    const choice = chosen(c);
    const costs = reader.costs(choice);
    const found = kernelCurve(costs, askedKernel(question(kernelQuery, c), costs));
    const platform = reader.platform(choice);
    return c.html(
      curvePage(platform, found, address(`/platforms/${platform.id}/curve.json`, c.req.query())),
    );
  });
  app.get("/platforms/:id{[0-9]+}/curve.json", (c) => {
    const costs = reader.costs(chosen(c));
    const kernel = askedKernel(question(kernelQuery, c), costs);
    return c.json({ schema: 1, ...kernelCurve(costs, kernel), source: costs.source });
  });
  const importedParts = (c: Context) => {
    const imported = reader.importedById(Number.parseInt(c.req.param("id") ?? "", 10));
    const { sort, limit, offset } = question(pageQuery, c);
    const all = importedRows(imported.table, {});
    return {
      imported,
      stairs: imported.rows.stairs({ shape: {}, widths: {} }),
      findings: checkedRows(reader, { imported: imported.summary.id }),
      rows: filtered(c, all, fieldsOf(all), sort),
      ...{ offset, limit, asked: withoutEmpty(c) },
    };
  };
  app.get("/imported/:id{[0-9]+}", (c) => c.html(importedPage(importedParts(c))));
  app.get("/imported/:id{[0-9]+\\.json}", (c) => {
    const { imported, stairs, findings, rows, offset, limit } = importedParts(c);
    const { units, details } = imported.table;
    const shown = rows.slice(offset, offset + limit);
    const table = { ...imported.summary, units, details };
    return c.json({ schema: 1, table, stairs, findings, rows: shown, total: rows.length });
  });
  const compared = (c: Context): ChosenSides | undefined => {
    const { one, other } = c.req.query();
    if (one === undefined || other === undefined) return undefined;
    const sides = [sideOf(one, reader), sideOf(other, reader)] as const;
    return { sides, found: compareSides(sides) };
  };
  app.get("/compare", (c) => {
    const choices = { platforms: reader.platforms(), imported: reader.table.imported() };
    return c.html(comparePage(choices, compared(c)));
  });
  app.get("/compare.json", (c) => {
    const chosen = compared(c);
    if (!chosen)
      throw new UserError("A comparison needs two platforms or imported tables", {
        hint: "Give their ids: /compare.json?one=1&other=2 or one=1&other=imported-1. List: /api/platforms",
        exit: "usage",
      });
    return c.json({ schema: 1, ...chosen.found });
  });
  addEstimatePages(app, reader, models);
  const reportOf = (folder: string) =>
    textFolderReport(folder) ?? searchReport(folder, reader.table);
  const comparedSearches = () =>
    searches
      .delivered()
      .filter(({ isCell }) => !isCell)
      .map(({ name }) => comparedSearch(name, searches.folder(name), reader.table));
  app.get("/searches.json", (c) => c.json({ schema: 1, searches: comparedSearches() }));
  app.get("/searches", (c) =>
    c.html(
      page({
        title: "Searches compared",
        trail: [["searches", "/searches"]],
        json: "/searches.json",
        body: comparisonSections(comparedSearches()),
      }),
    ),
  );
  app.get("/searches/:name{.+\\.json}", (c) => {
    const folder = searches.folder(c.req.param("name").replace(/\.json$/, ""));
    return c.json({ schema: 1, ...reportOf(folder) });
  });
  app.get("/searches/:name", (c) => {
    const name = c.req.param("name");
    const report = reportOf(searches.folder(name));
    return c.html(
      page({
        title: report.title,
        trail: [
          ["searches", "/searches"],
          [name, searchAddress(name)],
        ],
        json: `${searchAddress(name)}.json`,
        body: reportSections(report),
      }),
    );
  });
}

const chosen = (c: Context) => ({ platform: Number.parseInt(c.req.param("id") ?? "", 10) });

/** The query string; a form sends empty fields too, which ask for nothing. */
const withoutEmpty = (c: Context): Record<string, string> =>
  Object.fromEntries(Object.entries(c.req.query()).filter(([, value]) => value !== ""));

/** The query string as the API takes it. Throws a UserError for what it does not. */
function question<T extends z.ZodType>(schema: T, c: Context): z.output<T> {
  const parsed = schema.safeParse(withoutEmpty(c));
  if (parsed.success) return parsed.data;
  throw new UserError(describeIssues(parsed.error), {
    hint: "See /openapi.json for what each answer takes.",
    exit: "usage",
    cause: parsed.error,
  });
}
