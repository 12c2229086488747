import { OpenAPIHono } from "@hono/zod-openapi";
import type { Context, MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import { HTTPException } from "hono/http-exception";
import { secureHeaders } from "hono/secure-headers";
import { type ExitReason, UserError } from "../../errors.ts";
import { addApi } from "./api.ts";
import { type KeptAnswer, KeptAnswers } from "./kept-answers.ts";
import { addLive } from "./live.ts";
import { type ModelLimits, ModelReader, TooBusy } from "./model-reader.ts";
import { addPages, errorPage } from "./pages/index.ts";
import { describeIssues } from "./schemas.ts";
import { SearchFolders } from "./searches.ts";
import { type Access, guard } from "./security.ts";
import type { TableReader } from "./table-reader.ts";

export interface ServiceOptions extends Access {
  readonly reader: TableReader;
  readonly toolVersion: string;
  /** Output folders of searches to show. */
  readonly searches?: readonly string[];
  /** Wall clock, ms since 1970. */
  readonly now_ms: () => number;
  /** Waits between two looks for news on a live page, ms. */
  readonly livePeriod_ms?: number;
  /** Told of errors that are nobody's but ours. */
  readonly onBug?: (error: Error) => void;
  /** What reading a model that was sent may take. */
  readonly modelLimits?: Partial<ModelLimits>;
}

const mebibyte = 1024 * 1024;
const largestBody = 4 * mebibyte;
/** Models come with their weights. */
const largestModel = 128 * mebibyte;

/** Looking for theirs would make a `Request` and its signal, which are finalised thousands at a time: a wait of 0.2 s. */
const hasNoBody = new Set(["GET", "HEAD"]);

/** The read-only service: answers under /api, their description in /openapi.json, pages for people elsewhere. */
export function serviceApp(options: ServiceOptions): OpenAPIHono {
  const { reader, toolVersion } = options;
  const app = new OpenAPIHono({
    defaultHook: (result, c) =>
      result.success
        ? undefined
        : c.json(
            problem(
              "usage",
              describeIssues(result.error),
              "See /openapi.json for what each answer takes.",
            ),
            400,
          ),
  });
  app.use(
    secureHeaders({
      contentSecurityPolicy: {
        defaultSrc: ["'none'"],
        styleSrc: ["'unsafe-inline'"],
        scriptSrc: ["'self'"],
        connectSrc: ["'self'"],
        imgSrc: ["'self'", "data:"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
        baseUri: ["'none'"],
      },
      referrerPolicy: "no-referrer",
      // Served without TLS: nothing to be strict about.
      strictTransportSecurity: false,
    }),
  );
  app.use(guard(options));
  app.use(async (c, next) => {
    if (hasNoBody.has(c.req.method)) return await next();
    const maxSize = /\/estimate(\.json)?$/.test(c.req.path) ? largestModel : largestBody;
    return await bodyLimit({ maxSize, onError: tooLarge(maxSize) })(c, next);
  });
  app.use(once(reader));
  const models = new ModelReader(options.modelLimits);
  addApi(app, reader, models);
  app.doc31("/openapi.json", {
    openapi: "3.1.0",
    info: {
      title: "wattsplit",
      version: toolVersion,
      description: "What layers of each width cost on a device. Read-only; SI units.",
      license: { name: "MIT" },
    },
  });
  const searches = new SearchFolders(options.searches ?? []);
  addLive(app, { ...options, searches });
  addPages(app, { ...options, searches, models });
  app.notFound((c) => answerError(c, unknownPath(c.req.path), 404));
  app.onError((error, c) => {
    if (error instanceof TooBusy) return answerError(c, error, 503);
    if (error instanceof UserError) return answerError(c, error, statusOf[error.exit]);
    if (error instanceof HTTPException) return refused(c, error);
    // The stack belongs on the console of whoever runs the service, not in a stranger's browser.
    options.onBug?.(error);
    return answerError(c, bug(), 500);
  });
  return app;
}

/** What depends on the table alone; other pages show what runs and what searches left in folders. */
const ofTable = /^\/(api|platforms|imported|compare|openapi)\b/;

/** Nothing is sent again to whom has it, and no cost is computed twice before the table changes. */
function once(reader: TableReader): MiddlewareHandler {
  const kept = new KeptAnswers();
  return async (c, next) => {
    c.header("cache-control", "no-cache");
    if (c.req.method !== "GET" || !ofTable.test(c.req.path)) return await next();
    const tag = `"${reader.revision()}"`;
    c.header("etag", tag);
    if (c.req.header("if-none-match") === tag) return c.body(null, 304);
    const known = kept.find(tag, c.req.url);
    if (known) return answerKept(c, known);
    await reader.answering(next);
    if (c.res.status !== 200) c.header("etag", undefined);
    else if (c.req.path.startsWith("/api/")) {
      const answer = await answerOf(c.res);
      kept.keep(tag, c.req.url, answer);
      c.res = undefined;
      c.res = answerKept(c, answer);
    }
  };
}

/** Takes the body out of the response: a clone would be two streams, whose garbage holds a loaded service up. */
async function answerOf(response: Response): Promise<KeptAnswer> {
  const link = response.headers.get("link");
  return {
    body: await response.text(),
    type: response.headers.get("content-type") ?? "",
    ...(link === null ? {} : { link }),
  };
}

const answerKept = (c: Context, { body, type, link }: KeptAnswer): Response =>
  c.body(body, 200, { "content-type": type, ...(link === undefined ? {} : { link }) });

const statusOf = {
  done: 500,
  failure: 404,
  usage: 400,
  unavailable: 404,
  unreliable: 500,
  budget: 500,
  interrupted: 500,
} as const satisfies Record<ExitReason, number>;

const problem = (code: string, message: string, hint: string) => ({
  error: { code, message, hint },
});

const unknownPath = (path: string): UserError =>
  new UserError(`Nothing is served at ${path}`, {
    hint: "Start at / or /openapi.json.",
    exit: "unavailable",
  });

const bug = (): UserError =>
  new UserError("This is a bug in wattsplit", {
    hint: "Please report it with the address and what the console shows.",
  });

/** As JSON for programs, as a page for people. */
function answerError(c: Context, error: UserError, status: 400 | 404 | 500 | 503): Response {
  const wantsPage = !/^\/api|\.json$/.test(c.req.path);
  return wantsPage
    ? c.html(errorPage(error), status)
    : c.json(problem(error.exit, error.message, error.hint), status);
}

/** What the framework does not take: another media type, a body that is none. */
const refused = (c: Context, { status, message }: HTTPException): Response =>
  c.json(
    problem("usage", message || "The request is malformed", "See /openapi.json for what is taken."),
    status,
  );

const tooLarge =
  (maxSize: number) =>
  (c: Context): Response =>
    c.json(
      problem(
        "too-large",
        `The request's body is larger than ${maxSize / mebibyte} MiB`,
        "Send it without its weights.",
      ),
      413,
    );
