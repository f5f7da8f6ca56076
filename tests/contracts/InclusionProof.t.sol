// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {InclusionProof} from "../../contracts/libraries/InclusionProof.sol";
import {vm} from "./support/Vm.sol";

/// @notice Makes the library's internal functions callable with calldata.
contract Proofs {
    function leaf(bytes32 id) external pure returns (bytes32) {
        return InclusionProof.leaf(id);
    }

    function holds(
        bytes32 hash,
        uint64 index,
        uint64 size,
        bytes32[] calldata path,
        bytes32 root
    ) external view returns (bool) {
        return InclusionProof.holds(hash, index, size, path, root);
    }
}

/// @notice Compares the library with the recursive definitions of RFC 9162 section 2.1, and with published roots.
contract InclusionProofTest {
    Proofs private proofs;
    bytes32[] private leaves;
    bytes32[] private path;

    function setUp() public {
        proofs = new Proofs();
    }

    // -------------------------------------------------------------------------------- the definitions, recursively

    /// @dev MTH of section 2.1.1 over leaves[from..from + size).
    function _root(uint256 from, uint256 size) private view returns (bytes32) {
        if (size == 1) return leaves[from];
        uint256 k = _split(size);
        return sha256(abi.encodePacked(hex"01", _root(from, k), _root(from + k, size - k)));
    }

    /// @dev PATH of section 2.1.3.1, appended to `path`.
    function _path(uint256 index, uint256 from, uint256 size) private {
        if (size == 1) return;
        uint256 k = _split(size);
        if (index < k) {
            _path(index, from, k);
            path.push(_root(from + k, size - k));
        } else {
            _path(index - k, from + k, size - k);
            path.push(_root(from, k));
        }
    }

    /// @dev The largest power of two below `size`.
    function _split(uint256 size) private pure returns (uint256 k) {
        k = 1;
        while (k * 2 < size) k *= 2;
    }

    function _grow(uint256 size) private {
        delete leaves;
        for (uint256 i = 0; i < size; ++i) leaves.push(proofs.leaf(bytes32(i)));
    }

    // --------------------------------------------------------------------------------------------- what is accepted

    function testEveryLeafOfEverySmallTree() public {
        for (uint64 size = 1; size <= 17; ++size) {
            _grow(size);
            bytes32 root = _root(0, size);
            for (uint64 index = 0; index < size; ++index) {
                delete path;
                _path(index, 0, size);
                vm.assertTrue(proofs.holds(leaves[index], index, size, path, root), "holds");
                for (uint64 other = 0; other < size; ++other) {
                    if (other != index) {
                        vm.assertFalse(proofs.holds(leaves[index], other, size, path, root), "another index");
                    }
                }
            }
        }
    }

    /// @dev Roots of the eight leaves of the Certificate Transparency reference tests (RFC 6962 and RFC 9162 share
    /// their hashes).
    function testRootsOfTheReferenceTree() public {
        bytes[8] memory data = [
            bytes(""),
            hex"00",
            hex"10",
            hex"2021",
            hex"3031",
            hex"40414243",
            hex"5051525354555657",
            hex"606162636465666768696a6b6c6d6e6f"
        ];
        for (uint256 i = 0; i < 8; ++i) leaves.push(sha256(bytes.concat(hex"00", data[i])));
        bytes32 seven = 0xddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c;
        bytes32 eight = 0x5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328;
        for (uint64 i = 0; i < 8; ++i) {
            delete path;
            _path(i, 0, 8);
            vm.assertTrue(proofs.holds(leaves[i], i, 8, path, eight), "eight leaves");
            if (i == 7) break;
            delete path;
            _path(i, 0, 7);
            vm.assertTrue(proofs.holds(leaves[i], i, 7, path, seven), "seven leaves");
        }
    }

    function testLeafHash() public view {
        bytes32 id = keccak256("declaration");
        vm.assertEq(proofs.leaf(id), sha256(abi.encodePacked(hex"00", id)), "leaf hash");
    }

    function testLargestTree() public {
        // A leaf at the right edge of the largest tree, 64 levels deep: index 2^64 - 2 of 2^64 - 1 has no sibling.
        for (uint256 i = 0; i < 63; ++i) path.push(keccak256(abi.encode(i)));
        bytes32 root = "leaf";
        for (uint256 i = 0; i < 63; ++i) root = sha256(abi.encodePacked(hex"01", path[i], root));
        uint64 most = type(uint64).max;
        vm.assertTrue(proofs.holds("leaf", most - 1, most, path, root), "holds");
        vm.assertFalse(proofs.holds("leaf", most, most, path, root), "index at the size");
    }

    // ---------------------------------------------------------------------------------------------- what is refused

    function testFuzzDefectsAreRefused(uint8 size_, uint8 index_, uint256 seed) public {
        uint64 size = 1 + (size_ % 40);
        uint64 index = index_ % size;
        _grow(size);
        bytes32 root = _root(0, size);
        _path(index, 0, size);
        vm.assertTrue(proofs.holds(leaves[index], index, size, path, root), "holds");

        // One defect at a time.
        bytes32 bit = bytes32(1 << (seed % 256));
        vm.assertFalse(proofs.holds(leaves[index] ^ bit, index, size, path, root), "another leaf");
        vm.assertFalse(proofs.holds(leaves[index], index, size, path, root ^ bit), "another root");
        vm.assertFalse(proofs.holds(leaves[index], size, size, path, root), "index at the size");
        vm.assertFalse(proofs.holds(leaves[index], size + index, size, path, root), "index beyond the size");
        vm.assertFalse(proofs.holds(leaves[index], index, index, path, root), "size at the index");

        path.push(bit);
        vm.assertFalse(proofs.holds(leaves[index], index, size, path, root), "a path too long");
        bytes32 longer = sha256(abi.encodePacked(hex"01", root, bit));
        vm.assertFalse(proofs.holds(leaves[index], index, size, path, longer), "a path too long, with a root that matches it");
        longer = sha256(abi.encodePacked(hex"01", bit, root));
        vm.assertFalse(proofs.holds(leaves[index], index, size, path, longer), "the same on the other side");
        path.pop();

        if (path.length != 0) {
            uint256 place = seed % path.length;
            path[place] ^= bit;
            vm.assertFalse(proofs.holds(leaves[index], index, size, path, root), "a sibling changed");
            path[place] ^= bit;
            path.pop();
            vm.assertFalse(proofs.holds(leaves[index], index, size, path, root), "a path too short");
        }
    }

    function testNothingIsInAnEmptyTree() public view {
        vm.assertFalse(proofs.holds("leaf", 0, 0, path, "leaf"), "empty");
    }

    function testShortPathThatEndsInItsRoot() public {
        // The path ends one level below the root. The hash there is given as the root, with the size of the whole tree.
        _grow(8);
        _path(2, 0, 4);
        vm.assertFalse(proofs.holds(leaves[2], 2, 8, path, _root(0, 4)), "a subtree passed as the tree");
    }

    function testNodeIsNoLeaf() public {
        // The content of an inner node is 64 bytes with prefix 0x01, so it cannot be given as a leaf, 32 bytes with 0x00.
        _grow(4);
        path.push(_root(2, 2));
        bytes32 inner = _root(0, 2);
        vm.assertFalse(proofs.holds(proofs.leaf(inner), 0, 2, path, _root(0, 4)), "leaf of the node's hash");
    }
}
