import { createHash, timingSafeEqual } from "node:crypto";
import type { Context, MiddlewareHandler } from "hono";
import { getCookie, setCookie } from "hono/cookie";

export interface Access {
  /** Without it everybody who reaches the port may read. */
  readonly token?: string | undefined;
  /** Names in the Host header that are answered; undefined answers all. A foreign name is a rebinding attack. */
  readonly hosts?: readonly string[] | undefined;
}

const cookie = "wattsplit-token";

/** Refuses foreign Host headers and, where there is a token, requests without it: as a bearer, or once as `?token=`. */
export function guard({ token, hosts }: Access): MiddlewareHandler {
  return async (context, next) => {
    const host = (context.req.header("host") ?? "").replace(/:\d+$/, "");
    if (hosts && !hosts.includes(host)) return context.json(foreignHost(host), 421);
    if (token === undefined || isSame(presentedToken(context), token)) return await next();
    if (!isSame(context.req.query("token"), token)) return context.json(noToken, 401);
    setCookie(context, cookie, token, { httpOnly: true, sameSite: "Strict", path: "/" });
    const url = new URL(context.req.url);
    url.searchParams.delete("token");
    // Out of the address bar, the history and the referrer.
    return context.redirect(`${url.pathname}${url.search}`);
  };
}

/** As a program sends it, or as a browser keeps it. */
const presentedToken = (context: Context): string | undefined =>
  /^Bearer (.+)$/.exec(context.req.header("authorization") ?? "")?.[1] ??
  getCookie(context, cookie);

const foreignHost = (host: string) => ({
  error: {
    code: "foreign-host",
    message: `This service does not answer to "${host}"`,
    hint: "Use its own address.",
  },
});

const noToken = {
  error: {
    code: "no-token",
    message: "This service asks for its token",
    hint: "Send it as: Authorization: Bearer TOKEN",
  },
};

/** Compares without telling by its time how much was right. */
const isSame = (given: string | undefined, expected: string): boolean =>
  given !== undefined && timingSafeEqual(digest(given), digest(expected));

const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
