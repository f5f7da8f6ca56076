// The tree of a log from its tiles (C2SP tlog-tiles, formats.md section 6): its root, and whether tiles belong to it.
import { type Bytes, equal, join, nodeHash } from "../verifier/bytes.ts";

const WIDTH = 256;
const HASH = 32;

/** A tile cannot be read, or does not belong to the tree. */
export class TreeBroken extends Error {}

/** Gives the bytes of a file below the log's prefix. */
export type Fetch = (path: string) => Promise<Bytes>;

/** The path of a tile. `width`: how many hashes it has; fewer than 256 at the right edge. */
export function tilePath(level: number, index: number, width = WIDTH): string {
  const digits = String(index);
  const padded = digits.padStart(Math.ceil(digits.length / 3) * 3, "0");
  const groups = padded.match(/.{3}/g) ?? [];
  const spelled = groups.map((group, at) => (at === groups.length - 1 ? group : `x${group}`)).join("/");
  return `tile/${level}/${spelled}${width === WIDTH ? "" : `.p/${width}`}`;
}

/** The tree of one size. Every tile that it gives was proven to belong to its root. */
export class Tree {
  readonly #tiles = new Map<string, Promise<readonly Bytes[]>>();
  readonly #size: number;
  readonly #fetch: Fetch;

  constructor(size: number, fetch: Fetch) {
    this.#size = size;
    this.#fetch = fetch;
  }

  /** The root of the first `size` leaves: of the whole tree, or of an earlier one that it goes on from. */
  async root(size = this.#size): Promise<Bytes> {
    const blocks: Bytes[] = [];
    let begin = 0;
    for (let bit = Math.floor(Math.log2(size)); bit >= 0; bit--) {
      const length = 2 ** bit;
      if (Math.floor(size / length) % 2 === 0) continue;
      const level = Math.floor(bit / 8);
      const first = begin / WIDTH ** level;
      const hashes = await this.#tile(level, Math.floor(first / WIDTH));
      blocks.push(rootOf(hashes.slice(first % WIDTH, (first % WIDTH) + 2 ** (bit % 8))));
      begin += length;
    }
    const last = blocks.pop();
    if (last === undefined) throw new TreeBroken("a tree without leaves");
    return blocks.reduceRight((right, left) => nodeHash(left, right), last);
  }

  /** The hash of leaf number `index`. */
  async leaf(index: number): Promise<Bytes> {
    const found = (await this.#tile(0, Math.floor(index / WIDTH)))[index % WIDTH];
    if (found === undefined) throw new TreeBroken(`the tree has no leaf ${index}`);
    return found;
  }

  #tile(level: number, index: number): Promise<readonly Bytes[]> {
    const path = tilePath(level, index, Math.min(WIDTH, Math.floor(this.#size / WIDTH ** level) - index * WIDTH));
    let known = this.#tiles.get(path);
    if (known === undefined) {
      known = this.#proven(level, index, path);
      this.#tiles.set(path, known);
    }
    return known;
  }

  async #proven(level: number, index: number, path: string): Promise<readonly Bytes[]> {
    const data = await this.#fetch(path);
    const width = Math.min(WIDTH, Math.floor(this.#size / WIDTH ** level) - index * WIDTH);
    if (data.length !== width * HASH) throw new TreeBroken(`${path} has ${data.length} bytes, not ${width * HASH}`);
    const hashes = Array.from({ length: width }, (_, at) => data.slice(at * HASH, (at + 1) * HASH));
    // A tile at the right edge is part of the root as it is; a full one is one hash of the level above.
    if (width === WIDTH) {
      const above = (await this.#tile(level + 1, Math.floor(index / WIDTH)))[index % WIDTH];
      if (above === undefined || !equal(above, rootOf(hashes))) throw new TreeBroken(`${path} does not belong to the tree`);
    }
    return hashes;
  }
}

/** The root of a number of hashes that is a power of two. */
function rootOf(hashes: readonly Bytes[]): Bytes {
  let row = [...hashes];
  while (row.length > 1) {
    row = Array.from({ length: row.length / 2 }, (_, at) => nodeHash(row[2 * at] ?? join(), row[2 * at + 1] ?? join()));
  }
  return row[0] ?? join();
}
