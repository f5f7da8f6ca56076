// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ITradeLedger} from "../../contracts/interfaces/ITradeLedger.sol";
import {Handler} from "./support/Handler.sol";
import {vm} from "./support/Vm.sol";

/// @notice Statements that are true after any calls by anybody:
///
///  1. The head is the fold of every entry in the log, beginning with the origin's domain separator.
///  2. `numberOfEntries()` is the number of entries. They are numbered from 0 without gaps.
///  3. The history is append-only: the head never returns to an earlier value.
///  4. The ledger accepts an attestation if and only if its attester may make it: for its agency, in its time, with a
///     mandate.
///  5. A revocation stays, from the same time on, for the whole set or for the member.
///  6. The first anchor of a root and size stays.
///  7. The number of council resolutions rises by one, and no resolution is enacted twice.
///  8. A compromised attester can never attest again. Attestations that it made from that date on are never in force.
///  9. A retired attester can never attest again.
/// 10. A withdrawal stays, by the same entry.
/// 11. Answers about the past do not change, unless a compromise is declared that began before that time.
/// 12. "In force" follows from the entries: attested, valid, not revoked, attester not compromised.
/// 13. The council can always reach its threshold.
/// 14. A line of a certificate moves only from its present sheet: every posting begins where the one before it ended.
/// 15. A line is opened once, by the agency that made the attestation.
/// 16. No sheet moves after the attestation was revoked, for the whole set or for the member.
///
/// The handler compares every call with its model (4, 7, 14 to 16: `_try`) and every entry with its log (1, 2:
/// `_foldLog`). If they differ, the handler reverts, and that fails the run (`failOnRevert` in hardhat.config.js).
contract InvariantsTest {
    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    Handler private handler;

    function setUp() public {
        handler = new Handler();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    function targetSelectors() external view returns (FuzzSelector[] memory targets) {
        bytes4[18] memory actions = [
            Handler.wait.selector,
            Handler.enrol.selector,
            Handler.suspend.selector,
            Handler.reinstate.selector,
            Handler.authorise.selector,
            Handler.retire.selector,
            Handler.compromise.selector,
            Handler.grant.selector,
            Handler.endMandate.selector,
            Handler.changeCouncil.selector,
            Handler.repeatResolution.selector,
            Handler.anchor.selector,
            Handler.revoke.selector,
            Handler.withdraw.selector,
            // Listed twice, so that there are attestations to revoke, and open lines.
            Handler.attest.selector,
            Handler.attest.selector,
            Handler.post.selector,
            Handler.post.selector
        ];
        targets = new FuzzSelector[](1);
        targets[0].addr = address(handler);
        targets[0].selectors = new bytes4[](actions.length);
        for (uint256 i = 0; i < actions.length; ++i) targets[0].selectors[i] = actions[i];
    }

    function invariantHistoryIsItsLog() public view {
        (ITradeLedger ledger, bytes32 head, uint64 entries, bytes32[] memory heads) = handler.state();
        vm.assertEq(ledger.head(), head, "1: head");
        vm.assertEq(uint256(ledger.numberOfEntries()), entries, "2: entries");
        for (uint256 i = 0; i + 1 < heads.length; ++i) vm.assertTrue(heads[i] != ledger.head(), "3: append-only");
    }

    function invariantOnlyTheEntitledAttested() public view {
        (ITradeLedger ledger, , , ) = handler.state();
        (uint256 said, uint256 unsaid, , , , ) = handler.counts();
        for (uint256 i = 0; i < said; ++i) {
            (bytes32 id, , uint256 key, uint40 time, , ) = handler.said(i);
            (, uint40 recorded, , , , bytes memory signer) = ledger.attested(id);
            vm.assertEq(uint256(recorded), time, "4: time of the attestation");
            vm.assertEq(signer, handler.signerOf(key), "4: attester");
        }
        for (uint256 i = 0; i < unsaid; ++i) {
            (uint64 number, , , , , ) = ledger.attested(handler.unsaid(i));
            vm.assertEq(uint256(number), 0, "4: refused, but recorded");
        }
    }

    function invariantWhatIsWrittenStays() public view {
        (ITradeLedger ledger, , , ) = handler.state();
        (, , uint256 ended, uint256 written, uint256 withdrawn, ) = handler.counts();
        for (uint256 i = 0; i < ended; ++i) {
            (bytes32 id, bytes32 member, uint40 time) = handler.ended(i);
            vm.assertEq(uint256(ledger.revokedAt(id, member)), time, "5: revoked stays revoked");
            vm.assertFalse(ledger.inForce(id, member), "5: in force again");
            vm.assertFalse(ledger.inForceAt(id, member, time), "5: in force from that second");
        }
        for (uint256 i = 0; i < written; ++i) {
            (bytes32 root, uint64 size, uint64 first, uint40 at_) = handler.written(i);
            (uint64 number, uint40 time) = ledger.anchored(root, size);
            vm.assertTrue(number == first && time == at_, "6: the first anchor stays");
        }
        for (uint256 i = 0; i < withdrawn; ++i) {
            (bytes32 id, , uint64 first, uint40 at_) = handler.withdrawn(i);
            (uint64 number, uint40 time) = ledger.withdrawn(id);
            vm.assertTrue(number == first && time == at_, "10: withdrawn stays");
        }
    }

    function invariantResolutionsRiseByOne() public view {
        (ITradeLedger ledger, , , ) = handler.state();
        vm.assertEq(uint256(ledger.resolutions()), handler.resolutions(), "7: resolutions");
        (bytes[] memory members, uint16 threshold) = ledger.council();
        vm.assertTrue(threshold != 0 && threshold <= members.length, "13: the threshold can be reached");
    }

    function invariantWhoLostItsVoiceNeverRegainsIt() public view {
        (ITradeLedger ledger, , , ) = handler.state();
        uint40 clock = handler.clock();
        for (uint256 k = 0; k < handler.ATTESTERS(); ++k) {
            bytes memory signer = handler.signerOf(k);
            uint40 since = handler.compromisedFrom(k);
            for (uint16 kind = 851; kind <= 861; kind += 10) {
                if (since <= clock) {
                    vm.assertFalse(ledger.mayAttest(signer, kind, since), "8: compromised, then");
                    vm.assertFalse(ledger.mayAttest(signer, kind, clock), "8: compromised, now");
                }
                if (handler.retired(k)) vm.assertFalse(ledger.mayAttest(signer, kind, clock), "9: retired");
                vm.assertTrue(ledger.mayAttest(signer, kind, clock) == handler.may(k, kind, clock), "may attest now");
            }
        }
    }

    function invariantThePastStays() public view {
        (ITradeLedger ledger, , , ) = handler.state();
        (, , , , , uint256 answers) = handler.counts();
        for (uint256 i = 0; i < answers; ++i) {
            (uint256 k, uint16 kind, uint40 time, bool may, uint40 known) = handler.answers(i);
            bool reached = handler.compromisedFrom(k) <= time && time < known;
            bool expected = may && !reached;
            vm.assertTrue(ledger.mayAttest(handler.signerOf(k), kind, time) == expected, "11: another answer about the past");
        }
    }

    function invariantInForceIsWhatTheEntriesMakeOfIt() public view {
        (ITradeLedger ledger, , , ) = handler.state();
        (uint256 said, , , , , ) = handler.counts();
        uint40 clock = handler.clock();
        for (uint256 i = 0; i < said; ++i) {
            (bytes32 id, , uint256 key, uint40 time, uint40 from, uint40 until) = handler.said(i);
            uint40[6] memory times = [clock, time, time - 1, from, until - 1, until];
            bool void_ = handler.compromisedFrom(key) <= time;
            for (uint256 t = 0; t < times.length; ++t) {
                for (uint256 member = 0; member < 3; ++member) {
                    bool inForce = ledger.inForceAt(id, bytes32(member), times[t]);
                    vm.assertTrue(inForce == handler.inForceAt(i, bytes32(member), times[t]), "12: in force");
                    vm.assertFalse(void_ && inForce, "8: in force by a compromised attester");
                }
            }
        }
    }

    function invariantSheetsMoveInALine() public view {
        (ITradeLedger ledger, , , ) = handler.state();
        for (uint256 i = 0; i < handler.moves(); ++i) {
            Handler.Moved memory move = _move(i);
            bytes32 before = 0;
            for (uint256 j = 0; j < i; ++j) {
                Handler.Moved memory other = _move(j);
                bool same = other.id == move.id && other.member == move.member && other.line == move.line;
                if (same) before = other.to;
            }
            vm.assertEq(move.from, before, "14: began elsewhere");
            if (before == 0) vm.assertEq(move.agency, move.issuer, "15: opened by another agency");
            vm.assertLe(move.time, handler.endedAt(move.id, move.member), "16: moved after the revocation");
            bytes32 last = handler.sheetOf(move.id, move.member, move.line);
            vm.assertEq(ledger.sheet(move.id, move.member, move.line), last, "14: present sheet");
        }
    }

    function _move(uint256 i) private view returns (Handler.Moved memory move) {
        (move.id, move.member, move.line, move.from, move.to, move.agency, move.issuer, move.time) = handler.moved(i);
    }

    /// @dev Random runs would prove little if the ledger refused every call. This fixed run shows that it accepts some.
    function testHandlerGetsSomewhere() public {
        handler.attest(0, 1, 1, 0, 100, false);
        handler.attest(1, 1, 1, 0, 100, false);
        handler.attest(2, 1, 1, 0, 100, false);
        handler.post(0, 1, 1, 1, 5); // opened by the issuer
        handler.post(0, 1, 1, 3, 5); // moved by the other agency, with a passkey
        handler.post(0, 1, 1, 3, 0); // not from the present sheet
        handler.post(1, 1, 1, 3, 5); // the other agency cannot open
        handler.revoke(0, 0, 1);
        handler.post(0, 1, 1, 1, 5); // revoked
        handler.anchor(1, 1);
        handler.anchor(1, 1);
        handler.withdraw(1, false);
        handler.wait(10);
        (uint256 said, uint256 unsaid, uint256 ended, uint256 written, uint256 withdrawn, uint256 answers) = handler
            .counts();
        vm.assertTrue(said == 2 && unsaid == 1 && ended == 1, "attested, refused, revoked");
        vm.assertTrue(written == 1 && withdrawn == 1 && answers == 1, "anchored, withdrawn, observed");
        vm.assertEq(handler.moves(), 2, "opened, moved");
        invariantSheetsMoveInALine();
        invariantHistoryIsItsLog();
        invariantWhatIsWrittenStays();
        invariantInForceIsWhatTheEntriesMakeOfIt();
    }
}
