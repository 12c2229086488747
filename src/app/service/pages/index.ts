import type { OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";
import { UserError } from "../../../errors.ts";
import { comparisonSections, reportSections } from "../../../figures/index.ts";
import { stepsOf } from "../../../network/import/index.ts";
import { parseOutline } from "../../../onnx/index.ts";
import { askedKernel } from "../../workflows/asked-kernel.ts";
import { estimateModel } from "../../workflows/estimate-model.ts";
import { kernelRowFields } from "../../workflows/kernel-row.ts";
import { comparedSearch, searchReport, shortNames } from "../../workflows/report-search.ts";
import { readFound } from "../../workflows/search-folder.ts";
import { kernelRows, platformRows, sessionRows, stairsRows } from "../answers.ts";
import { filtered } from "../api.ts";
import { runningSessions } from "../running.ts";
import { kernelQuery, pageQuery } from "../schemas.ts";
import type { TableReader } from "../table-reader.ts";
import { comparePage } from "./compare.ts";
import { curvePage } from "./curve.ts";
import { estimatePage } from "./estimate.ts";
import { homePage } from "./home.ts";
import { kernelsPage } from "./kernels.ts";
import { page, searchAddress } from "./layout.ts";
import { checksPage, platformPage } from "./platform.ts";

export { errorPage } from "./layout.ts";

interface PageOptions {
  readonly reader: TableReader;
  readonly searches?: readonly string[];
  readonly now_ms: () => number;
}

/** Pages for people: complete without JavaScript, every one with a JSON twin. */
export function addPages(app: OpenAPIHono, { reader, searches = [], now_ms }: PageOptions): void {
  const names = shortNames(searches);
  const folders = new Map(searches.map((folder, i) => [names[i] ?? folder, folder]));
  app.get("/", (c) =>
    c.html(
      homePage({
        path: reader.table.path,
        platforms: reader.platforms(),
        running: runningSessions(reader, now_ms()),
        searches: [...folders].map(([name, folder]) => ({ name, title: titleOf(folder) })),
      }),
    ),
  );
  app.get("/platforms/:id{[0-9]+}", (c) => {
    const choice = chosen(c);
    return c.html(platformPage(reader, reader.platform(choice), reader.costs(choice)));
  });
  app.get("/platforms/:id{[0-9]+\\.json}", (c) => {
    const choice = chosen(c);
    const { id } = reader.platform(choice);
    return c.json({
      schema: 1,
      platform: platformRows(reader).find((row) => row.id === id),
      costs: reader.costs(choice).summary,
      stairs: stairsRows(reader.costs(choice), {}),
      sessions: sessionRows(reader, choice),
    });
  });
  app.get("/platforms/:id{[0-9]+}/checks", (c) =>
    c.html(checksPage(reader, reader.platform(chosen(c)))),
  );
  app.get("/platforms/:id{[0-9]+}/kernels", (c) => {
    const choice = chosen(c);
    const costs = reader.costs(choice);
    const { sort, limit, offset } = pageQuery.parse(withoutEmpty(c));
    const rows = filtered(c, kernelRows(costs, {}), kernelRowFields, sort);
    const asked = withoutEmpty(c);
    return c.html(
      kernelsPage({ platform: reader.platform(choice), costs, rows, offset, limit, asked }),
    );
  });
  app.get("/platforms/:id{[0-9]+}/curve", (c) => {
    const choice = chosen(c);
    const costs = reader.costs(choice);
    const question = kernelQuery.parse(withoutEmpty(c));
    return c.html(curvePage(reader.platform(choice), costs, askedKernel(question, costs)));
  });
  app.get("/compare", (c) => {
    const side = (name: string) => {
      const platform = Number(c.req.query(name));
      return { platform: reader.platform({ platform }), costs: reader.costs({ platform }) };
    };
    const isChosen = c.req.query("one") !== undefined && c.req.query("other") !== undefined;
    return c.html(
      comparePage(reader.platforms(), isChosen ? [side("one"), side("other")] : undefined),
    );
  });
  app.get("/estimate", (c) => c.html(estimatePage(reader.platforms(), undefined)));
  app.post("/estimate", async (c) => {
    const { model, platform } = await c.req.parseBody();
    if (!(model instanceof File) || model.size === 0)
      throw new UserError("No model came with the form", {
        hint: "Choose an ONNX file at /estimate.",
        exit: "usage",
      });
    const choice = { platform: Number(platform) };
    const outline = parseOutline(new Uint8Array(await model.arrayBuffer()), model.name);
    const report = estimateModel(stepsOf(outline, model.name), reader.everyCosts(choice));
    const estimated = { platform: reader.platform(choice), file: model.name, report };
    return c.html(estimatePage(reader.platforms(), estimated));
  });
  app.get("/searches", (c) =>
    c.html(
      page({
        title: "Searches compared",
        trail: [["searches", "/searches"]],
        body: comparisonSections(
          [...folders].map(([name, folder]) => comparedSearch(name, folder, reader.table)),
        ),
      }),
    ),
  );
  const search = (name: string) => {
    const folder = folders.get(name);
    if (folder === undefined)
      throw new UserError(`No search "${name}" is served`, {
        hint: `Served: ${[...folders.keys()].join(", ") || "none; give folders with --search DIR"}`,
        exit: "unavailable",
      });
    return searchReport(folder, reader.table);
  };
  app.get("/searches/:name{.+\\.json}", (c) => {
    const report = search(c.req.param("name").replace(/\.json$/, ""));
    return c.json({ schema: 1, ...report });
  });
  app.get("/searches/:name", (c) => {
    const name = c.req.param("name");
    const report = search(name);
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

function titleOf(folder: string): string {
  const { run, history } = readFound(folder);
  return `${history.network} for ${run.device}, ${history.data}`;
}
