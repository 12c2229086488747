import { UserError } from "../../../src/errors.ts";
import { browser } from "./browser-scope.ts";

/** Why a browser cannot do what it is asked for, and what to do. */
export const unavailable = (message: string, hint: string): UserError =>
  new UserError(message, { hint, exit: "unavailable" });

/** Throws where a page is given no threads and some are asked for. */
export function requireThreads(threads: number): void {
  if (threads > 1 && !browser.crossOriginIsolated)
    throw unavailable(
      `This browser gives the page no threads (it is not isolated), asked for ${threads}`,
      "Open the page at localhost or over https, or give --threads 1.",
    );
}

/** The browser's WebGPU adapter. Throws where it has none, which some tell only in secure pages. */
export async function requireWebGpu(): Promise<GpuAdapter> {
  const adapter = await browser.navigator.gpu?.requestAdapter();
  if (!adapter)
    throw unavailable(
      "This browser has no WebGPU adapter",
      "Open the page at localhost or over https, or try a runtime on wasm, such as --runtime ort-web.",
    );
  return adapter;
}

type GpuAdapter = NonNullable<
  Awaited<ReturnType<NonNullable<(typeof browser.navigator)["gpu"]>["requestAdapter"]>>
>;

/** Graphics that the CPU computes, by what calls itself so; undefined for hardware. */
export const softwareGraphics = (renderer: string): string | undefined =>
  /swiftshader|llvmpipe|lavapipe|software|basic render/i.test(renderer)
    ? `the CPU computes in place of a graphics processor (${renderer})`
    : undefined;
