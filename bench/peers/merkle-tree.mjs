// @openzeppelin/merkle-tree: a tree over 32-byte leaves, and its proofs.
import { createRequire } from "node:module";
import { serve } from "./serve.mjs";

const require = createRequire(import.meta.url);
const { SimpleMerkleTree } = require("@openzeppelin/merkle-tree");
const { createHash } = require("node:crypto");

const leaves = (size) =>
  Array.from({ length: size }, (_, i) => "0x" + createHash("sha256").update(String(i)).digest("hex"));

await serve({
  root: ({ size }) => {
    const made = leaves(size);
    return { run: () => SimpleMerkleTree.of(made).root };
  },
  proof: ({ size }) => {
    const tree = SimpleMerkleTree.of(leaves(size));
    let next = 0;
    const run = () => tree.getProof((next = (next + 7919) % size));
    return { run, shown: run().length };
  },
});
