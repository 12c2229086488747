import type { Machine, MachineDescription } from "../../agent/machine.ts";
import { noMeter } from "../../meters/none.ts";
import type { MachineState } from "../../raw.ts";
import { webRuntimes } from "../web-runtimes.ts";
import { browserClock } from "./browser-clock.ts";
import { type BrowserFacts, browser } from "./browser-scope.ts";
import type { WorkerStart } from "./messages.ts";
import type { OpenRuntime } from "./open-runtime.ts";

/** The machine that this browser runs on, as far as a page may know it. */
export async function browserMachine(
  start: WorkerStart,
  openRuntime: OpenRuntime,
  state: () => MachineState,
): Promise<Machine> {
  const clock = browserClock();
  const { base, settings } = start;
  const backend = webRuntimes[settings.runtime]?.backend ?? "";
  return {
    clock,
    runtime: await openRuntime({ files: `${base}files/`, backend, settings }, clock),
    meter: noMeter,
    describe: () => describeBrowser(browser, { ...start, ...start.settings }),
    // Temperature, clocks and load are hidden from pages.
    state: async () => state(),
  };
}

/**
 * What a page may know of its device. Two phones of one model tell the same of themselves: the name that each browser keeps tells
 * them apart.
 */
export async function describeBrowser(
  { navigator, crossOriginIsolated }: BrowserFacts,
  { phone, screen }: { readonly phone: string; readonly screen: string },
): Promise<MachineDescription> {
  const hints = ["architecture", "model", "platform", "platformVersion", "uaFullVersion"];
  const found =
    (await navigator.userAgentData?.getHighEntropyValues(hints).catch(() => ({}))) ?? {};
  const text = (name: string): string => {
    const value = (found as Readonly<Record<string, unknown>>)[name];
    return typeof value === "string" ? value : "";
  };
  const named = (...names: readonly string[]) => names.map(text).filter(Boolean).join(" ");
  const { system, product } = agentParts(navigator.userAgent);
  const isolation = crossOriginIsolated ? "isolated" : "not isolated";
  return {
    processor: named("model", "architecture") || system,
    fingerprint: phone.slice(0, 16),
    // Another browser, or one without a fine clock, is another platform.
    os: `${named("platform", "platformVersion") || system}, ${product}, ${isolation}`,
    powerMode: "unknown",
    details: {
      userAgent: navigator.userAgent,
      ...(text("uaFullVersion") ? { browserVersion: text("uaFullVersion") } : {}),
      screen,
      logicalCores: navigator.hardwareConcurrency,
      crossOriginIsolated: crossOriginIsolated ? "yes" : "no",
      ...(navigator.deviceMemory === undefined
        ? {}
        : { memoryAtLeast_bytes: navigator.deviceMemory * 2 ** 30 }),
    },
  };
}

/** What the user agent says: system and device in its first brackets, and the browser with its main version. */
export function agentParts(userAgent: string): {
  readonly system: string;
  readonly product: string;
} {
  const product =
    /(?:Firefox|FxiOS|Edg[A-Za-z]*|(?:Headless)?Chrome|CriOS|Version)\/\d+(?:\.[1-9]\d*)?/g;
  const found = userAgent.match(product) ?? [];
  return {
    system: /\(([^)]*)\)/.exec(userAgent)?.[1] ?? "unknown system",
    // Safari calls itself Version, others name Chrome before themselves.
    product: (found.at(-1) ?? "unknown browser").replace("Version/", "Safari/"),
  };
}
