/** Which rows had which text, without the texts: 64 bits of each, outside the JavaScript heap. */

/** Two lanes of 32 bits over UTF-16 units, mixed at the end. Source: bryc, cyrb64 (public domain). */
export function hash64(text: string, seed = 0): readonly [high: number, low: number] {
  let [a, b] = [0xdeadbeef ^ seed, 0x41c6ce57 ^ seed];
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    a = Math.imul(a ^ unit, 2654435761);
    b = Math.imul(b ^ unit, 1597334677);
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909);
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909);
  return [b >>> 0, a >>> 0];
}

/** From hashes to whole numbers from 0 up, by open addressing: 12 bytes a place, at least twice as many places as keys. */
export class HashIndex {
  #high = new Uint32Array(1024);
  #low = new Uint32Array(1024);
  #values = new Int32Array(1024).fill(-1);
  #size = 0;

  get(high: number, low: number): number | undefined {
    const value = this.#values[this.#place(high, low)] as number;
    return value < 0 ? undefined : value;
  }

  set(high: number, low: number, value: number): void {
    if (2 * this.#size >= this.#values.length) this.#grow();
    const place = this.#place(high, low);
    if ((this.#values[place] as number) < 0) this.#size++;
    this.#high[place] = high;
    this.#low[place] = low;
    this.#values[place] = value;
  }

  /** Where the key is, or where it would go. */
  #place(high: number, low: number): number {
    const mask = this.#values.length - 1;
    let place = low & mask;
    while ((this.#values[place] as number) >= 0 && (this.#high[place] !== high || this.#low[place] !== low)) place = (place + 1) & mask;
    return place;
  }

  #grow(): void {
    const [high, low, values] = [this.#high, this.#low, this.#values];
    const places = 2 * values.length;
    [this.#high, this.#low, this.#values] = [new Uint32Array(places), new Uint32Array(places), new Int32Array(places).fill(-1)];
    for (let i = 0; i < values.length; i++) {
      if ((values[i] as number) < 0) continue;
      const place = this.#place(high[i] as number, low[i] as number);
      this.#high[place] = high[i] as number;
      this.#low[place] = low[i] as number;
      this.#values[place] = values[i] as number;
    }
  }
}

/** A list of whole numbers that grows, without an object for each. */
export class Numbers {
  #data = new Int32Array(1024);
  length = 0;

  push(value: number): void {
    if (this.length === this.#data.length) {
      const grown = new Int32Array(2 * this.length);
      grown.set(this.#data);
      this.#data = grown;
    }
    this.#data[this.length++] = value;
  }

  at(index: number): number {
    return this.#data[index] as number;
  }

  put(index: number, value: number): void {
    this.#data[index] = value;
  }
}
