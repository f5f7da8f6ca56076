// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Domain} from "./Domain.sol";
import {ITradeLedger} from "./interfaces/ITradeLedger.sol";
import {InclusionProof} from "./libraries/InclusionProof.sol";

/// @title The history: numbers each entry, folds it into the head, and emits it
/// @dev Entries are in the log only, and the head binds them. See docs/formats.md section 5, and docs/adr/0001.
abstract contract History is ITradeLedger, Domain {
    bytes32 private _head;
    uint64 private _numberOfEntries;

    /// @param first the payload of entry 0, a CouncilChanged. {_append} must write exactly this entry first.
    constructor(bytes memory first) Domain(_entryHash(0, EntryKind.CouncilChanged, _now(), first)) {
        // Effect: the head begins with the name of the origin, so that no two origins ever have the same head.
        _head = _domainSeparatorV4();
    }

    /// @inheritdoc ITradeLedger
    function head() external view returns (bytes32) {
        return _head;
    }

    /// @inheritdoc ITradeLedger
    function numberOfEntries() external view returns (uint64) {
        return _numberOfEntries;
    }

    /// @dev Every entry is written here.
    /// @param topic under which the log can be searched for the entry; it is no part of the entry
    /// @param payload standard ABI encoding of the entry's content
    function _append(EntryKind kind, bytes32 topic, bytes memory payload) internal returns (uint64 number) {
        number = _numberOfEntries;
        uint64 time = _now();

        // Effect: fold the entry into the head.
        _head = InclusionProof.node(_head, _entryHash(number, kind, time, payload));
        _numberOfEntries = number + 1;

        emit Entry(number, kind, topic, time, payload);
    }

    /// @dev SHA-256(0x00 ‖ number (8) ‖ kind (1) ‖ time (8) ‖ payload), computed in memory that stays free.
    function _entryHash(
        uint64 number,
        EntryKind kind,
        uint64 time,
        bytes memory payload
    ) private view returns (bytes32 hash) {
        uint256 prefix = (uint256(number) << 72) | (uint256(kind) << 64) | time;
        // In assembly because every write comes here: about 400 gas less than to concatenate and call sha256().
        // slither-disable-next-line assembly: saves gas in every write
        assembly ("memory-safe") {
            let data := mload(0x40)
            mstore(data, shl(112, prefix)) // 18 bytes, the first of them zero
            let length := mload(payload)
            mcopy(add(data, 18), add(payload, 0x20), length)
            // Precompile 2 is SHA-256. It fails only when it runs out of gas.
            if iszero(staticcall(gas(), 0x02, data, add(length, 18), 0x00, 0x20)) { revert(0, 0) }
            hash := mload(0x00)
        }
    }

    /// @dev Block time in 40 bits, as all times of this contract. 40 bits last until the year 36812.
    function _now() internal view returns (uint40) {
        return uint40(block.timestamp);
    }
}
