import type { Machine, MachineDescription } from "../../agent/machine.ts";
import { noMeter } from "../../meters/none.ts";
import { browserClock } from "./browser-clock.ts";
import { browser } from "./browser-scope.ts";
import type { WorkerStart } from "./messages.ts";
import { webRuntime } from "./web-runtime.ts";

/** The machine that this browser runs on, as far as a page may know it. */
export async function browserMachine(start: WorkerStart): Promise<Machine> {
  const clock = browserClock();
  return {
    clock,
    runtime: await webRuntime(start, clock),
    meter: noMeter,
    describe: describeBrowser,
    // Temperature, clocks and load are hidden from pages.
    state: async () => ({}),
  };
}

/** A page gets no id that would outlive its tab, so two phones of one model are one platform. */
async function describeBrowser(): Promise<MachineDescription> {
  const { navigator, crossOriginIsolated } = browser;
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
    fingerprint: "unknown",
    // Another browser, or one without a fine clock, is another platform.
    os: `${named("platform", "platformVersion") || system}, ${product}, ${isolation}`,
    powerMode: "unknown",
    details: {
      userAgent: navigator.userAgent,
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
  const product = /(?:Firefox|FxiOS|Edg[A-Za-z]*|(?:Headless)?Chrome|CriOS|Version)\/\d+/g;
  const found = userAgent.match(product) ?? [];
  return {
    system: /\(([^)]*)\)/.exec(userAgent)?.[1] ?? "unknown system",
    // Safari calls itself Version, others name Chrome before themselves.
    product: (found.at(-1) ?? "unknown browser").replace("Version/", "Safari/"),
  };
}
