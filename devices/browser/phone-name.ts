import { randomBytes } from "node:crypto";
import type { Context } from "hono";
import { getCookie, setCookie } from "hono/cookie";

const cookie = "wattsplit-phone";
const form = /^[0-9a-f]{32}$/;
/** As long as browsers keep one (RFC 6265bis, section 5.5). */
const lifetime_s = 400 * 86_400;

/**
 * The name that a browser keeps for itself, drawn at its first visit. Cookies belong to a host, whatever the port (RFC 6265, section
 * 8.5): a command that is run again serves the page elsewhere, and knows the phone by it.
 */
export function namedPhone(c: Context): string {
  const known = getCookie(c, cookie);
  const name = known !== undefined && form.test(known) ? known : randomBytes(16).toString("hex");
  setCookie(c, cookie, name, { path: "/", httpOnly: true, sameSite: "Lax", maxAge: lifetime_s });
  return name;
}

/** The name in a request's Cookie header; undefined where there is none. */
export function phoneNamedIn(header = ""): string | undefined {
  const pairs = header.split(/;\s*/).map((pair) => pair.split("="));
  const name = pairs.find(([key]) => key === cookie)?.[1];
  return name !== undefined && form.test(name) ? name : undefined;
}
