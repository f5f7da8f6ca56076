// Inclusion in the hash tree of RFC 9162 with SHA-256: formats.md section 1.
import { type Bytes, Failed, equal, nodeHash } from "./bytes.ts";

/**
 * Checks that a leaf hash is number `index` of `size` under `root`, strictly: section 2.1.3.2.
 *
 * @param path sibling hashes of 32 bytes, deepest first
 * @throws Failed the index is not below the size, the path is too long or too short, or it leads to another root
 */
export const checkInclusion = (leaf: Bytes, index: bigint, size: bigint, path: readonly Bytes[], root: Bytes): void => {
  if (index >= size) throw new Failed(`index ${index} does not exist in a tree of size ${size}`);
  let node = index;
  let last = size - 1n;
  let hash = leaf;
  for (const sibling of path) {
    if (last === 0n) throw new Failed("the inclusion path is too long");
    if ((node & 1n) === 1n || node === last) {
      hash = nodeHash(sibling, hash);
      while ((node & 1n) === 0n && node !== 0n) {
        node >>= 1n;
        last >>= 1n;
      }
    } else {
      hash = nodeHash(hash, sibling);
    }
    node >>= 1n;
    last >>= 1n;
  }
  if (last !== 0n) throw new Failed("the inclusion path is too short");
  if (!equal(hash, root)) throw new Failed("the inclusion path leads to another root");
};
