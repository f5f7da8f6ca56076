// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title Is this leaf in that batch? The hash tree of RFC 9162 section 2.1 with SHA-256
/// @dev In the Python core, merkle.py is the twin of this library.
library InclusionProof {
    /// @notice Leaf hash of a declaration's id: SHA-256(0x00 ‖ id), RFC 9162 section 2.1.1.
    function leaf(bytes32 id) internal pure returns (bytes32) {
        return sha256(abi.encodePacked(bytes1(0x00), id));
    }

    /// @notice SHA-256(0x01 ‖ left ‖ right), RFC 9162 section 2.1.1.
    /// @dev The same as `sha256(abi.encodePacked(bytes1(0x01), left, right))`, which takes new memory for each node.
    function node(bytes32 left, bytes32 right) internal view returns (bytes32 hash) {
        // slither-disable-next-line assembly: takes no new memory for each node
        assembly ("memory-safe") {
            let data := mload(0x40)
            mstore8(data, 0x01)
            mstore(add(data, 0x01), left)
            mstore(add(data, 0x21), right)
            // Precompile 2 is SHA-256. It fails only when it runs out of gas.
            if iszero(staticcall(gas(), 0x02, data, 0x41, 0x00, 0x20)) { revert(0, 0) }
            hash := mload(0x00)
        }
    }

    /// @notice Is `hash` the leaf hash number `index` of `size` under `root`? Exactly as in RFC 9162 section 2.1.3.2:
    /// the answer is no if the index is not below the size, or if the path is too long or too short.
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
                // The last node of a level may have no sibling. Then it moves up without a hash. Here an even index is
                // the last one, and the last one is not 0, so the RFC's "or fn is 0" cannot be true.
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
