// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {TradeLedger} from "../../../contracts/TradeLedger.sol";
import {ITradeLedger} from "../../../contracts/interfaces/ITradeLedger.sol";
import {Ids} from "./Ids.sol";
import {Vm, vm} from "./Vm.sol";

/// @notice A ledger under test, and its history computed a second time.
/// @dev `_writes` sends a call, expects exactly one entry, and folds that entry into its own copy of the head. `_refused`
/// sends a call and expects exactly one error. So every test of a write also tests the event, its payload and the head,
/// and every test of an error also tests its values.
abstract contract Recorder {
    TradeLedger internal ledger;
    Ids internal ids;
    bytes32 internal head;
    uint64 internal entries;

    /// @dev Deploy with this council, and expect entry 0.
    function _deploy(bytes[] memory members, uint16 threshold) internal {
        vm.recordLogs();
        ledger = new TradeLedger(members, threshold);
        bytes memory payload = abi.encode(members, threshold, uint64(0), new ITradeLedger.Endorsement[](0));
        ids = new Ids(address(ledger), sha256(_leaf(0, 0, uint64(block.timestamp), payload)));
        head = ids.domain();
        _fold(ITradeLedger.EntryKind.CouncilChanged, ids.councilChange(members, threshold, 0), payload);
    }

    // -------------------------------------------------------------------------------------------------- send, check

    /// @dev Send, and expect one entry of this kind, topic and payload.
    function _writes(
        bytes memory data,
        ITradeLedger.EntryKind kind,
        bytes32 topic,
        bytes memory payload
    ) internal returns (bytes memory result) {
        vm.recordLogs();
        bool done;
        (done, result) = address(ledger).call(data);
        if (!done) _bubble(result);
        _fold(kind, topic, payload);
    }

    /// @dev Send. If the ledger accepts the call, it must write exactly one entry, with any content.
    function _send(bytes memory data) internal returns (bool done) {
        vm.recordLogs();
        (done, ) = address(ledger).call(data);
        if (done) _foldLog(_onlyLog());
    }

    /// @dev Send, and expect exactly this error.
    function _refused(bytes memory data, bytes memory reason) internal {
        (bool done, bytes memory result) = address(ledger).call(data);
        vm.assertFalse(done, "should have been refused");
        vm.assertEq(result, reason, "refused for another reason");
        vm.assertEq(ledger.head(), head, "a refused call changed the head");
        vm.assertEq(uint256(ledger.numberOfEntries()), entries, "a refused call changed the number of entries");
    }

    function _fold(ITradeLedger.EntryKind kind, bytes32 topic, bytes memory payload) private {
        Vm.Log memory log = _onlyLog();
        vm.assertEq(uint256(log.topics[2]), uint256(kind), "kind");
        vm.assertEq(log.topics[3], topic, "topic");
        (, bytes memory written_) = abi.decode(log.data, (uint64, bytes));
        vm.assertEq(written_, payload, "payload");
        _foldLog(log);
    }

    function _onlyLog() private returns (Vm.Log memory) {
        Vm.Log[] memory logs = vm.getRecordedLogs();
        vm.assertEq(logs.length, 1, "one entry, no other log");
        return logs[0];
    }

    /// @dev Fold an entry into `head` by docs/formats.md section 5, from its log alone. The ledger's head must be the
    /// same.
    function _foldLog(Vm.Log memory log) private {
        vm.assertEq(log.emitter, address(ledger), "emitter");
        vm.assertEq(log.topics[0], ITradeLedger.Entry.selector, "event");
        vm.assertEq(uint256(log.topics[1]), entries, "number");
        (uint64 time, bytes memory payload) = abi.decode(log.data, (uint64, bytes));
        vm.assertEq(uint256(time), block.timestamp, "time");

        bytes memory leaf = _leaf(entries, uint8(uint256(log.topics[2])), time, payload);
        head = sha256(abi.encodePacked(hex"01", head, sha256(leaf)));
        ++entries;
        vm.assertEq(ledger.head(), head, "head");
        vm.assertEq(uint256(ledger.numberOfEntries()), entries, "entries");
    }

    /// @dev Whose SHA-256 is the entry's hash.
    function _leaf(uint64 number, uint8 kind, uint64 time, bytes memory payload) internal pure returns (bytes memory) {
        return abi.encodePacked(hex"00", number, kind, time, payload);
    }

    function _bubble(bytes memory reason) internal pure {
        assembly ("memory-safe") {
            revert(add(reason, 0x20), mload(reason))
        }
    }
}
