/** An answer as it was sent. */
export interface KeptAnswer {
  readonly body: string;
  readonly type: string;
  /** Where the next page of rows is, as the header Link says it. */
  readonly link?: string;
}

/** Characters kept in all, and of one answer: addresses come from strangers. */
const most = { all: 8 * 2 ** 20, one: 64 * 2 ** 10 };

/** Answers by address, of one revision of the table: searches ask for the same costs again and again. */
export class KeptAnswers {
  #tag = "";
  #characters = 0;
  readonly #answers = new Map<string, KeptAnswer>();

  find(tag: string, address: string): KeptAnswer | undefined {
    return tag === this.#tag ? this.#answers.get(address) : undefined;
  }

  keep(tag: string, address: string, answer: KeptAnswer): void {
    const characters = address.length + answer.body.length;
    if (characters > most.one) return;
    if (tag !== this.#tag || this.#characters + characters > most.all) {
      this.#answers.clear();
      this.#characters = 0;
    }
    this.#tag = tag;
    this.#characters += characters;
    this.#answers.set(address, answer);
  }
}
