import type { Browser, BrowserContext } from "puppeteer-core";
import { type Device, type DeviceOptions, openDevice } from "../../devices/index.ts";

/** Opens a device and shows its page to the browser as soon as the address is printed. */
export async function openShown(
  id: string,
  browser: Pick<Browser | BrowserContext, "newPage">,
  options: DeviceOptions = {},
): Promise<Device> {
  let shown: Promise<unknown> = Promise.resolve();
  const onNotice = (notice: string): void => {
    options.onNotice?.(notice);
    const url = addressIn(notice);
    if (url) shown = browser.newPage().then((page) => page.goto(url));
  };
  const device = await openDevice(id, { ...options, onNotice });
  await shown;
  return device;
}

/** The page's address in what the program says. */
export const addressIn = (text: string): string | undefined => /^https?:\S+$/m.exec(text)?.[0];
