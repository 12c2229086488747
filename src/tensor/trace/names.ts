/** Hands out names that no other value of the graph has. */
export class Names {
  readonly #taken = new Set<string>();
  #next = 0;

  take(name: string): void {
    this.#taken.add(name);
  }

  isTaken(name: string): boolean {
    return this.#taken.has(name);
  }

  /** A name that starts with `stem`; it is taken from now on. */
  fresh(stem: string): string {
    let name = `${stem}_${this.#next++}`;
    while (this.#taken.has(name)) name = `${stem}_${this.#next++}`;
    this.#taken.add(name);
    return name;
  }
}
