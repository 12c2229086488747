import { batteryState } from "../../machine-state.ts";
import { pageSettings } from "../page-settings.ts";
import { type BatteryManager, browser, type PageWorker } from "./browser-scope.ts";
import type { PageNews, PageState, WorkerNews } from "./messages.ts";

/** The page itself: starts the worker, shows what it does, and starts another one when the connection was lost. */

const restart_ms = 1000;

function show(id: "status" | "facts", text: string): void {
  const element = browser.document.getElementById(id);
  if (element) element.textContent = text;
}

const base = new URL(".", browser.location.href).href;
const response = await fetch(`${base}settings.json`);
const settings = pageSettings.parse(await response.json());
const socket = `${base.replace(/^http/, "ws")}agent`;
const { width, height } = browser.screen;
const screen = `${width}x${height} at ${browser.devicePixelRatio}`;

function start(): void {
  const worker = new browser.Worker(`${base}worker.js`);
  worker.onmessage = ({ data }) => follow(data as WorkerNews, worker);
  worker.onerror = () => follow({ kind: "ended", isFinal: false }, worker);
  const tell = (news: PageNews): void => worker.postMessage(news);
  tellState = () => tell({ kind: "state", state: pageState() });
  tellState();
  tell({ kind: "start", start: { base, socket, settings, screen } });
}

let tellState: () => void = () => undefined;
const pageState = (): PageState => ({
  isAwake: !browser.document.hidden,
  ...(battery ? { battery: batteryOf(battery) } : {}),
});

/** Chromium's alone; it rounds the level to a hundredth. */
const batteryOf = ({ charging, level }: BatteryManager) =>
  batteryState(charging ? (level === 1 ? "full" : "charging") : "discharging", level, 1);

function follow(news: WorkerNews, worker: PageWorker): void {
  switch (news.kind) {
    case "connected":
      show("status", "Connected");
      show("facts", news.facts.join(" · "));
      break;
    case "measuring":
      show("status", browser.document.hidden ? "Bring this page to the front" : "Measuring");
      break;
    case "resting":
      show("status", "Waiting for the next networks");
      break;
    case "ended":
      worker.terminate();
      show(
        "status",
        news.isFinal ? "Done. You can close this page." : "Connection lost, trying again",
      );
      if (!news.isFinal) setTimeout(start, restart_ms);
  }
}

// A dark screen throttles the page; where the browser has no wake lock, the text above asks for it.
const battery = await browser.navigator.getBattery?.().catch(() => undefined);
/** Browsers let go of the lock when the page is hidden. */
const stayAwake = async (): Promise<void> => {
  await browser.navigator.wakeLock?.request("screen").catch(() => undefined);
};
browser.document.addEventListener("visibilitychange", () => {
  tellState();
  if (!browser.document.hidden) void stayAwake();
});
for (const change of ["chargingchange", "levelchange"])
  battery?.addEventListener(change, () => tellState());
await stayAwake();
start();
