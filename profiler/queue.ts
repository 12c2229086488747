import { loadKey } from "../energy-db/index.ts";
import type { Random } from "../src/random.ts";
import { shuffled } from "../src/random.ts";
import type { Load } from "./measure-block.ts";

/**
 * Loads in the order to measure them, handed out in blocks. Loads of one network never share a block: they are to meet
 * different states of the machine and different companions.
 */
export class LoadQueue {
  readonly #waiting: Load[];
  readonly #perBlock: number;

  /** Every load at a random place, behind those that come first. */
  constructor(loads: readonly Load[], perBlock: number, random: Random) {
    const drawn = shuffled(loads, random);
    this.#waiting = [...drawn.filter(({ first }) => first), ...drawn.filter(({ first }) => !first)];
    this.#perBlock = perBlock;
  }

  get length(): number {
    return this.#waiting.length;
  }

  /** After all others. */
  append(load: Load): void {
    this.#waiting.push(load);
  }

  /** The next loads of different networks; empty at the end. */
  nextBlock(): readonly Load[] {
    const chosen = new Map<string, Load>();
    for (const load of this.#waiting) {
      const key = loadKey(load);
      if (!chosen.has(key)) chosen.set(key, load);
      if (chosen.size === this.#perBlock) break;
    }
    const taken = new Set(chosen.values());
    const left = this.#waiting.filter((load) => !taken.has(load));
    this.#waiting.splice(0, this.#waiting.length, ...left);
    return [...taken];
  }
}
