import { backend, env } from "@tensorflow/tfjs-core";
import { softwareGraphics } from "../availability.ts";
import type { OpenRuntime } from "../open-runtime.ts";
import { tfjsRuntime } from "../tfjs.ts";

/** TensorFlow.js in WebGL's shaders: in float16 where textures hold no float32, as on many phones. */
export const runtimeOf = (): OpenRuntime => async (start, clock) => {
  const runtime = await tfjsRuntime(start, clock);
  const { gl } = (backend() as unknown as WebGlBackend).gpgpu;
  const names = gl.getExtension("WEBGL_debug_renderer_info");
  const renderer = names ? String(gl.getParameter(names.UNMASKED_RENDERER_WEBGL)) : "";
  return {
    ...runtime,
    version: `${runtime.version}, WebGL ${env().getNumber("WEBGL_VERSION")}`,
    precisions: [env().getBool("WEBGL_RENDER_FLOAT32_ENABLED") ? "float32" : "float16"],
    mostThreads: 1,
    fallback: softwareGraphics(renderer),
  };
};

/** What is used of the backend of @tensorflow/tfjs-backend-webgl. */
interface WebGlBackend {
  readonly gpgpu: { readonly gl: WebGl };
}

/** What is used of WebGL's context. */
interface WebGl {
  getExtension(
    name: "WEBGL_debug_renderer_info",
  ): { readonly UNMASKED_RENDERER_WEBGL: number } | null;
  getParameter(name: number): unknown;
}
