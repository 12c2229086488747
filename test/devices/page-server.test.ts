import { once } from "node:events";
import { get } from "node:http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { decodeMessage, encodeMessage } from "../../devices/agent/codec.ts";
import { remoteAgent } from "../../devices/agent/remote-agent.ts";
import { parsePageAddress } from "../../devices/browser/page-address.ts";
import { type PageServer, servePage } from "../../devices/browser/page-server.ts";
import { type WebRuntime, webRuntimes } from "../../devices/browser/web-runtimes.ts";
import { UserError } from "../../src/errors.ts";

const runtime = webRuntimes["tfjs-wasm"] as WebRuntime;
const settings = { runtime: "tfjs-wasm", threads: 1, version: "1", build: "b" };
const phone = "0123456789abcdef0123456789abcdef";
let server: PageServer;
const origin = () => `http://localhost:${server.port}`;
const waiting = () => new AbortController().signal;

beforeAll(async () => {
  server = await servePage({ address: parsePageAddress("localhost"), settings, runtime });
});
afterAll(() => server.close());

/** The status that a request is answered with. */
async function status(path: string, headers: Record<string, string> = {}) {
  const [response] = await once(get(`${origin()}${path}`, { headers }), "response");
  response.resume();
  return { code: response.statusCode, headers: response.headers };
}

function socket({
  token = server.token,
  as = phone,
  from = origin(),
}: {
  readonly token?: string;
  readonly as?: string;
  readonly from?: string;
} = {}): WebSocket {
  const url = `ws://localhost:${server.port}/${token}/agent`;
  return new WebSocket(url, { origin: from, headers: { cookie: `wattsplit-phone=${as}` } });
}

/** The phone connected, as a page does that tries again: a moment ago the server may have held its last connection. */
async function connected(): Promise<WebSocket> {
  for (;;) {
    const page = socket();
    const opened = await once(page, "open").catch(() => undefined);
    if (opened) return page;
  }
}

/** How an attempt to connect is refused. */
async function refusal(attempt: WebSocket): Promise<number> {
  attempt.on("error", () => undefined);
  const [, response] = await once(attempt, "unexpected-response");
  return response.statusCode;
}

describe("the page", () => {
  test("is isolated, allows no foreign scripts, and lies below the token", async () => {
    const { code, headers } = await status(`/${server.token}/`);

    expect(code).toBe(200);
    expect(headers["cross-origin-opener-policy"]).toBe("same-origin");
    expect(headers["cross-origin-embedder-policy"]).toBe("require-corp");
    expect(headers["content-security-policy"]).toContain("default-src 'none'");
    expect(server.token).toMatch(/^[0-9a-f]{32}$/);
    for (const path of ["/", "/page.js", `/${"0".repeat(32)}/`, "/settings.json"])
      expect((await status(path)).code, path).toBe(404);
  });

  test.each([
    "files/..%2f..%2fpackage.json",
    "files/package.json",
    "files/tf-backend-wasm.js.map",
    "files/ort.wasm.min.mjs",
    "other.js",
  ])("has no file %s", async (file) => {
    expect((await status(`/${server.token}/${file}`)).code).toBe(404);
  });

  test("is refused under a foreign name, which a page bound to this address would bring", async () => {
    expect((await status(`/${server.token}/`, { host: "evil.example" })).code).toBe(421);
  });
});

describe("a phone", () => {
  test("gets a name at its first visit, which it brings back, at any port", async () => {
    const first = await status(`/${server.token}/`);
    const [cookie = ""] = first.headers["set-cookie"] ?? [];
    expect(cookie).toMatch(/^wattsplit-phone=[0-9a-f]{32}; .*Path=\/;.*HttpOnly/);

    const [again = ""] =
      (await status(`/${server.token}/`, { cookie: cookie.split(";")[0] ?? "" })).headers[
        "set-cookie"
      ] ?? [];
    expect(again.split(";")[0]).toBe(cookie.split(";")[0]);
  });

  test("that brings something else than a name gets one", async () => {
    const { headers } = await status(`/${server.token}/`, { cookie: "wattsplit-phone=../../x" });

    expect(headers["set-cookie"]?.[0]).toMatch(/^wattsplit-phone=[0-9a-f]{32};/);
  });
});

describe("the agent's connection is refused", () => {
  test("without the token, with a foreign origin, without a phone's name", async () => {
    expect(await refusal(socket({ token: "0".repeat(32) }))).toBe(404);
    expect(await refusal(socket({ from: "http://evil.example" }))).toBe(403);
    expect(await refusal(socket({ as: "me" }))).toBe(400);
  });

  test("to a second phone, also when the first has gone for a while, which may come back", async () => {
    const first = await connected();
    const other = "f".repeat(32);

    expect(await refusal(socket({ as: other }))).toBe(409);
    const agent = remoteAgent(await server.phone(waiting()));
    const left = agent.now_s();
    left.catch(() => undefined);
    first.terminate();
    await expect(left).rejects.toMatchObject({ name: "ConnectionLost" });
    expect(await refusal(socket({ as: other }))).toBe(409);
    const again = await connected();
    const back = await server.phone(waiting());
    again.terminate();
    await back.ended;
  });

  test.each([
    ["text", (to: WebSocket) => to.send("hello"), 1003],
    ["bytes that are no message", (to: WebSocket) => to.send(Uint8Array.of(0xc1, 2, 3)), 1003],
    [
      "a reply of another form",
      (to: WebSocket) => to.send(encodeMessage({ id: 1, run: "rm" })),
      1003,
    ],
    ["more than a reply can have", (to: WebSocket) => to.send(Buffer.alloc(2 ** 28 + 1)), 1009],
  ] as const)("after %s", async (_, send, code) => {
    const bad = await connected();
    bad.on("error", () => undefined);
    const channel = await server.phone(waiting());

    send(bad);

    const [closed] = await once(bad, "close");
    expect(closed).toBe(code);
    expect(await channel.ended).toMatch(/sent|failed/);
  });
});

test("a handshake that fails neither takes the phone's place nor keeps it out", async () => {
  const own = await servePage({ address: parsePageAddress("localhost"), settings, runtime });
  const at = `localhost:${own.port}`;
  const headers = { origin: `http://${at}`, cookie: `wattsplit-phone=${phone}` };
  const handshake = { connection: "Upgrade", upgrade: "websocket", "sec-websocket-version": "1" };
  const broken = get(`http://${at}/${own.token}/agent`, { headers: { ...headers, ...handshake } });
  const [response] = await once(broken, "response");

  const page = new WebSocket(`ws://${at}/${own.token}/agent`, { headers });
  const outcome = await Promise.race([refusal(page), once(page, "open").then(() => "let in")]);

  expect([response.statusCode, outcome]).toEqual([400, "let in"]);
  page.terminate();
  await own.close();
});

test("questions reach the phone as binary messages, and its answers are checked", async () => {
  const page = await connected();
  page.on("message", (bytes: Buffer) => {
    const { id } = decodeMessage(new Uint8Array(bytes)) as { id: number };
    page.send(encodeMessage({ id, answer: id === 1 ? 12.5 : "soon" }));
  });
  const agent = remoteAgent(await server.phone(waiting()));

  expect(await agent.now_s()).toBe(12.5);
  await expect(agent.now_s()).rejects.toThrow(/The agent sent a malformed answer/);
  await agent.close();
});

test.each([
  ["localhost", "http", "localhost", 0],
  ["192.168.1.20:8443", "https", "192.168.1.20", 8443],
  ["my-pc.local", "https", "my-pc.local", 0],
  ["http://my-pc.local:80", "http", "my-pc.local", 80],
  ["my-pc.local:443", "https", "my-pc.local", 443],
] as const)("the address %s is read", (text, scheme, hostname, port) => {
  expect(parsePageAddress(text)).toMatchObject({ scheme, hostname, port });
});

test.each(["ftp://here", "here/path", "a b"])("the address %s is refused", (text) => {
  expect(() => parsePageAddress(text)).toThrow(UserError);
});
