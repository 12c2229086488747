/** What a browser tells of itself and its device. */
export interface BrowserFacts {
  readonly crossOriginIsolated: boolean;
  readonly navigator: {
    readonly userAgent: string;
    readonly hardwareConcurrency: number;
    readonly deviceMemory?: number;
    readonly userAgentData?: {
      getHighEntropyValues(hints: readonly string[]): Promise<Readonly<Record<string, unknown>>>;
    };
  };
}

/** What the page uses of a browser. TypeScript's own library of it would make its globals known in all of our code. */
interface BrowserScope extends BrowserFacts {
  readonly location: { readonly href: string };
  readonly navigator: BrowserFacts["navigator"] & {
    readonly gpu?: { requestAdapter(): Promise<GpuAdapter | null> };
    readonly ml?: object;
    getBattery?(): Promise<BatteryManager>;
    readonly wakeLock?: { request(kind: "screen"): Promise<unknown> };
  };
  readonly screen: { readonly width: number; readonly height: number };
  readonly devicePixelRatio: number;
  readonly document: {
    readonly hidden: boolean;
    addEventListener(event: string, listener: () => void): void;
    getElementById(id: string): { textContent: string | null } | null;
  };
  readonly Worker: new (url: string) => PageWorker;
  readonly WebSocket: new (url: string) => PageSocket;
  postMessage(message: unknown): void;
  onmessage: ((event: { readonly data: unknown }) => void) | null;
}

/** Of WebGPU; what older browsers have no names for is absent. */
interface GpuAdapter {
  readonly info?: {
    readonly vendor: string;
    readonly architecture: string;
    readonly description: string;
  };
}

/** Of the Battery Status API (W3C). */
export interface BatteryManager {
  readonly charging: boolean;
  readonly level: number;
  addEventListener(event: string, listener: () => void): void;
}

export interface PageWorker {
  postMessage(message: unknown): void;
  onmessage: ((event: { readonly data: unknown }) => void) | null;
  onerror: ((event: { readonly message?: string }) => void) | null;
  terminate(): void;
}

export interface PageSocket {
  binaryType: "arraybuffer";
  send(bytes: Uint8Array): void;
  close(): void;
  onopen: (() => void) | null;
  onmessage: ((event: { readonly data: unknown }) => void) | null;
  onclose: ((event: { readonly code: number; readonly reason: string }) => void) | null;
}

export const browser = globalThis as unknown as BrowserScope;
