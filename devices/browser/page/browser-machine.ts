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
  const model = [text("model"), text("architecture")].filter(Boolean).join(" ");
  return {
    processor: model || "unknown processor behind a browser",
    fingerprint: "unknown",
    os: [text("platform"), text("platformVersion")].filter(Boolean).join(" ") || "unknown",
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
