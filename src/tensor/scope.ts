import { withRightGradients } from "./gradients.ts";
import { prepareTfjs, tf } from "./tfjs.ts";

/** Runs `work` synchronously with `name` as the backend of tfjs, and puts everything of tfjs that it changes back. */
export function withTfjsBackend<T>(name: string, work: () => T): T {
  prepareTfjs();
  const isProduction = tf.env().getBool("PROD");
  // Keeps the cpu backend from greeting on stderr at its first use.
  tf.env().set("PROD", true);
  // Asking for the backend chooses one where none was chosen yet.
  tf.backend();
  const former = tf.getBackend();
  // Switching to a backend that is ready is done when the call returns; its promise has nothing more to say.
  void tf.setBackend(name);
  try {
    return withRightGradients(work);
  } finally {
    void tf.setBackend(former);
    tf.env().set("PROD", isProduction);
  }
}

/**
 * Runs `work` and frees every tensor that it made, those it called keep() on included. What must live on
 * is cloned by `save` before that.
 */
export function inScope<T, R>(name: string, work: () => T, save: (result: T) => R): R {
  const engine = tf.engine();
  const keep = engine.keep;
  const kept: tf.Tensor[] = [];
  // Programs keep tensors beyond gradients and tidies, but never beyond one run: this run frees them.
  engine.keep = (tensor) => {
    kept.push(tensor);
    return keep.call(engine, tensor) as typeof tensor;
  };
  engine.startScope(name);
  try {
    const result = work();
    engine.keep = keep;
    return save(result);
  } finally {
    engine.keep = keep;
    engine.endScope();
    for (const tensor of kept) tensor.dispose();
  }
}
