import { Hono } from "hono";
import { html, raw } from "hono/html";
import { secureHeaders } from "hono/secure-headers";
import { namedPhone } from "./phone-name.ts";

export interface PageAppOptions {
  /** The page and all of its files lie below it; anything else is not found. */
  readonly token: string;
  readonly scripts: ReadonlyMap<string, string>;
  /** A file of the runtime's package; undefined for a name that is none. */
  readonly readFile: (name: string) => Uint8Array<ArrayBuffer> | undefined;
  /** Read by the page before it connects, beside the phone's own name. */
  readonly settings: object;
  /** Whether scripts that these scripts make, as blobs, may run too. */
  readonly makesScripts: boolean;
  /** Whether a request's Host header names this machine. */
  readonly isOwnHost: (host: string) => boolean;
}

/**
 * The page that a phone opens, its scripts and the runtime's files. The headers isolate it from other origins, which
 * browsers ask for before they give a page threads and a fine clock.
 */
export function pageApp({
  token,
  scripts,
  readFile,
  settings,
  makesScripts,
  isOwnHost,
}: PageAppOptions): Hono {
  const app = new Hono();
  app.use(
    secureHeaders({
      crossOriginOpenerPolicy: "same-origin",
      crossOriginEmbedderPolicy: "require-corp",
      crossOriginResourcePolicy: "same-origin",
      referrerPolicy: "no-referrer",
      // The certificate is of its own signing: no browser should remember that it came from here.
      strictTransportSecurity: false,
      contentSecurityPolicy: {
        defaultSrc: ["'none'"],
        // WebAssembly is compiled from bytes.
        scriptSrc: ["'self'", "'wasm-unsafe-eval'", ...(makesScripts ? ["blob:"] : [])],
        workerSrc: ["'self'", "blob:"],
        connectSrc: ["'self'"],
        styleSrc: ["'unsafe-inline'"],
        frameAncestors: ["'none'"],
        baseUri: ["'none'"],
        formAction: ["'none'"],
      },
    }),
  );
  app.use(async (c, next) => {
    if (!isOwnHost(c.req.header("host") ?? "")) return c.text("Not for this name", 421);
    await next();
    c.header("cache-control", "no-store");
    return undefined;
  });
  app.get(`/${token}/`, (c) => {
    namedPhone(c);
    return c.html(page);
  });
  app.get(`/${token}/settings.json`, (c) => c.json({ ...settings, phone: namedPhone(c) }));
  app.get(`/${token}/:script{[a-z]+\\.js}`, (c) => {
    const script = scripts.get(c.req.param("script"));
    return script === undefined ? c.notFound() : c.body(script, 200, javascript);
  });
  app.get(`/${token}/files/:file`, (c) => {
    const file = c.req.param("file");
    const bytes = readFile(file);
    if (!bytes) return c.notFound();
    return c.body(bytes, 200, file.endsWith(".wasm") ? webAssembly : javascript);
  });
  return app;
}

const javascript = { "content-type": "text/javascript; charset=utf-8" };
const webAssembly = { "content-type": "application/wasm" };

const style = raw(`<style>
  body { font: 1.1rem/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 34rem; padding: 0 1rem; }
  #status { font-size: 1.4rem; font-weight: 600; }
  @media (prefers-color-scheme: dark) { body { background: #111; color: #eee; } }
</style>`);

const page = html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width" />
    <title>wattsplit measures this device</title>
    ${style}
  </head>
  <body>
    <h1>wattsplit</h1>
    <p id="status">Starting</p>
    <p>Keep this page in front, the screen on and other apps closed while it measures. A charged battery and a cool place help.</p>
    <p id="facts"></p>
    <script type="module" src="page.js"></script>
  </body>
</html>`;
