// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title Is this leaf in that batch? RFC 9162 section 2.1 with SHA-256
/// @dev Twin of ledger/core/tree/merkle.py.
library InclusionProof {
    /// @notice Leaf hash of a declaration's id: SHA-256(0x00 ‖ id), RFC 9162 section 2.1.1.
    function leaf(bytes32 id) internal pure returns (bytes32) {
        return sha256(abi.encodePacked(bytes1(0x00), id));
    }

    /// @notice SHA-256(0x01 ‖ left ‖ right), RFC 9162 section 2.1.1.
    /// @dev `sha256(abi.encodePacked(bytes1(0x01), left, right))` without its new memory for every node.
    function node(bytes32 left, bytes32 right) internal view returns (bytes32 hash) {
        // slither-disable-next-line assembly
        assembly ("memory-safe") {
            let data := mload(0x40)
            mstore8(data, 0x01)
            mstore(add(data, 0x01), left)
            mstore(add(data, 0x21), right)
            // Precompile 2; out of gas is the only way in which it fails.
            if iszero(staticcall(gas(), 0x02, data, 0x41, 0x00, 0x20)) { revert(0, 0) }
            hash := mload(0x00)
        }
    }

    /// @notice Is leaf hash `hash` number `index` of `size` under `root`? RFC 9162 section 2.1.3.2, to the letter: an
    /// index at or beyond the size, and a path of any length but the right one, are refused.
    /// @param path sibling hashes, deepest first
    function holds(
        bytes32 hash,
        uint64 index,
        uint64 size,
        bytes32[] calldata path,
        bytes32 root
    ) internal view returns (bool) {
        if (index >= size) return false;
        uint64 last = size - 1;
        for (uint256 i = 0; i < path.length; ++i) {
            if (last == 0) return false; // the path is too long
            if (index & 1 == 1 || index == last) {
                hash = node(path[i], hash);
                // The rightmost node of a level without a sibling there is carried up unhashed. An even index is the
                // last one here, and so not 0: the RFC's "or fn is 0" cannot come true.
                while (index & 1 == 0) {
                    index >>= 1;
                    last >>= 1;
                }
            } else {
                hash = node(hash, path[i]);
            }
            index >>= 1;
            last >>= 1;
        }
        return last == 0 && hash == root;
    }
}
