import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { build } from "esbuild";
import { chromium } from "./chromium.ts";

/** Runs models by Google's own reader, LiteRT, in a page of headless Chromium. */
export interface LiteRt {
  /** Outputs of a float32 model with one input of this shape and one output, for as many inputs as there are. */
  run(
    model: Uint8Array,
    inputs: Float32Array,
    shape: readonly number[],
  ): Promise<readonly number[]>;
  close(): Promise<void>;
}

const wasmFolder = join(
  dirname(createRequire(import.meta.url).resolve("@litertjs/core")),
  "..",
  "wasm",
);

export async function openLiteRt(): Promise<LiteRt> {
  const bundled = await build({
    entryPoints: [join(import.meta.dirname, "litert-page.mjs")],
    bundle: true,
    format: "esm",
    write: false,
  });
  const script = bundled.outputFiles[0]?.text ?? "";
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    const wasm = /^\/wasm\/(\w+\.(js|wasm))$/.exec(pathname);
    if (wasm?.[1])
      response
        .setHeader("content-type", wasm[2] === "js" ? "text/javascript" : "application/wasm")
        .end(readFileSync(join(wasmFolder, wasm[1])));
    else if (pathname === "/page.js")
      response.setHeader("content-type", "text/javascript").end(script);
    else
      response
        .setHeader("content-type", "text/html")
        .end(`<!doctype html><script type="module" src="/page.js"></script>`);
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const browser = await chromium();
  const page = await browser.newPage();
  await page.goto(`http://localhost:${(server.address() as AddressInfo).port}/`);
  await page.waitForFunction("globalThis.runModel");
  const text = (data: Uint8Array | Float32Array) =>
    Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("base64");
  return {
    run: (model, inputs, shape) =>
      page.evaluate(
        `runModel(${[text(model), text(inputs), shape].map((part) => JSON.stringify(part)).join()})`,
      ) as Promise<readonly number[]>,
    async close() {
      await browser.close();
      server.close();
    },
  };
}
