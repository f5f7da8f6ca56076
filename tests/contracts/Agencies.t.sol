// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ITradeLedger} from "../../contracts/interfaces/ITradeLedger.sol";
import {Keys} from "./support/Keys.sol";
import {World} from "./support/World.sol";
import {vm} from "./support/Vm.sol";

/// @notice Rules 2 to 5: agencies, attesters and mandates, and who may attest what and when.
contract AgenciesTest is World {
    bytes internal officer = Keys.account(OFFICER);

    // ------------------------------------------------------------------------------------------------------ agencies

    function testEnrol() public {
        (bytes memory data, bytes memory payload) = _enrolAgency(MPI, unicode"Manatū Ahu Matua", "NZ", "https://mpi");
        _writes(data, ITradeLedger.EntryKind.AgencyEnrolled, MPI, payload);
        (string memory name, bytes2 jurisdiction, string memory uri, bool active) = ledger.enrolledAgency(MPI);
        vm.assertEq(name, unicode"Manatū Ahu Matua", "name");
        vm.assertEq(bytes32(jurisdiction), bytes32("NZ"), "jurisdiction");
        vm.assertEq(uri, "https://mpi", "uri");
        vm.assertTrue(active, "active");
    }

    function testEnrolOnce() public {
        _enrol(MPI);
        (bytes memory data, ) = _enrolAgency(MPI, "Again", "NZ", "u");
        _refused(data, abi.encodeWithSelector(ITradeLedger.AgencyAlreadyEnrolled.selector, MPI));
    }

    function testAgencyCodeMalformed() public {
        bytes16[6] memory codes = [
            bytes16(0),
            bytes16("nz-mpi"),
            bytes16("NZ MPI"),
            bytes16(unicode"NZ-É"),
            bytes16("NZ\x00MPI"),
            bytes16("\x00NZ")
        ];
        for (uint256 i = 0; i < codes.length; ++i) {
            (bytes memory data, ) = _enrolAgency(codes[i], "n", "NZ", "u");
            _refused(data, abi.encodeWithSelector(ITradeLedger.AgencyCodeMalformed.selector, codes[i]));
        }
    }

    function testLongestCode() public {
        _enrol("ABCDEFGHIJ-56789");
        _enrol("Z");
    }

    function testJurisdictionMalformed() public {
        bytes2[5] memory codes = [bytes2("nz"), bytes2("N"), bytes2("1Z"), bytes2("N["), bytes2("@Z")];
        for (uint256 i = 0; i < codes.length; ++i) {
            (bytes memory data, ) = _enrolAgency(MPI, "n", codes[i], "u");
            _refused(data, abi.encodeWithSelector(ITradeLedger.JurisdictionMalformed.selector, codes[i]));
        }
    }

    function testTextMalformed() public {
        (bytes memory data, ) = _enrolAgency(MPI, "", "NZ", "u");
        _refused(data, abi.encodeWithSelector(ITradeLedger.TextMalformed.selector, 0, 128));
        (data, ) = _enrolAgency(MPI, string(_letters(129)), "NZ", "u");
        _refused(data, abi.encodeWithSelector(ITradeLedger.TextMalformed.selector, 129, 128));
        (data, ) = _enrolAgency(MPI, string(bytes.concat(hex"c0af")), "NZ", "u");
        _refused(data, abi.encodeWithSelector(ITradeLedger.TextMalformed.selector, 2, 128));
        (data, ) = _enrolAgency(MPI, "n", "NZ", "");
        _refused(data, abi.encodeWithSelector(ITradeLedger.TextMalformed.selector, 0, 256));
        (data, ) = _enrolAgency(MPI, "n", "NZ", string(_letters(257)));
        _refused(data, abi.encodeWithSelector(ITradeLedger.TextMalformed.selector, 257, 256));
    }

    function testLongestTexts() public {
        string memory name = string(_letters(128));
        (bytes memory data, bytes memory payload) = _enrolAgency(MPI, name, "NZ", string(_letters(256)));
        _writes(data, ITradeLedger.EntryKind.AgencyEnrolled, MPI, payload);
    }

    function testSuspendAndReinstate() public {
        _enrol(MPI);
        vm.warp(NOW + 10);
        _suspend(MPI);
        (, , , bool active) = ledger.enrolledAgency(MPI);
        vm.assertFalse(active, "suspended");
        (bytes memory data, ) = _suspendAgency(MPI);
        _refused(data, abi.encodeWithSelector(ITradeLedger.AgencyNotActive.selector, MPI, NOW + 10));
        vm.warp(NOW + 20);
        _reinstate(MPI);
        (, , , active) = ledger.enrolledAgency(MPI);
        vm.assertTrue(active, "reinstated");
        (data, ) = _reinstateAgency(MPI);
        _refused(data, abi.encodeWithSelector(ITradeLedger.AgencyNotSuspended.selector, MPI));
    }

    function testAgencyUnknown() public {
        bytes memory reason = abi.encodeWithSelector(ITradeLedger.AgencyUnknown.selector, MPI);
        (bytes memory data, ) = _suspendAgency(MPI);
        _refused(data, reason);
        (data, ) = _reinstateAgency(MPI);
        _refused(data, reason);
        (data, ) = _authoriseAttester(officer, MPI);
        _refused(data, reason);
        (data, ) = _grantMandate(MPI, PHYTO, 0, NEVER);
        _refused(data, reason);
        (data, ) = _withdrawMandate(MPI, PHYTO);
        _refused(data, reason);
        _refused(abi.encodeCall(ITradeLedger.enrolledAgency, (MPI)), reason);
        vm.assertFalse(ledger.mandated(MPI, PHYTO, NOW), "no mandate");
    }

    // ----------------------------------------------------------------------------------------------------- attesters

    function testAuthorise() public {
        _enrol(MPI);
        _authorise(officer, MPI);
        (bytes16 agency, uint40 from, uint40 until, uint40 compromisedFrom) = ledger.authorisedAttester(officer);
        vm.assertEq(bytes32(agency), bytes32(MPI), "agency");
        vm.assertEq(uint256(from), NOW, "from");
        vm.assertEq(uint256(until), NEVER, "until");
        vm.assertEq(uint256(compromisedFrom), NEVER, "compromised");
    }

    function testAuthoriseOnce() public {
        _enrol(MPI);
        _enrol(CUSTOMS);
        _authorise(officer, MPI);
        (bytes memory data, ) = _authoriseAttester(officer, CUSTOMS);
        _refused(data, abi.encodeWithSelector(ITradeLedger.AttesterAlreadyAuthorised.selector, officer, MPI));
        _retire(officer);
        (data, ) = _authoriseAttester(officer, MPI);
        _refused(data, abi.encodeWithSelector(ITradeLedger.AttesterAlreadyAuthorised.selector, officer, MPI));
    }

    function testSignerMalformed() public {
        _enrol(MPI);
        for (uint256 length = 0; length < 3; ++length) {
            uint256 size = [uint256(0), 19, 129][length];
            (bytes memory data, ) = _authoriseAttester(new bytes(size), MPI);
            _refused(data, abi.encodeWithSelector(ITradeLedger.SignerMalformed.selector, size));
        }
        _authorise(new bytes(20), MPI);
        _authorise(new bytes(128), MPI);
    }

    function testRetire() public {
        _enrol(MPI);
        _authorise(officer, MPI);
        vm.warp(NOW + 5);
        _retire(officer);
        (, , uint40 until, ) = ledger.authorisedAttester(officer);
        vm.assertEq(uint256(until), NOW + 5, "until");
        (bytes memory data, ) = _retireAttester(officer);
        _refused(data, abi.encodeWithSelector(ITradeLedger.AttesterNotActive.selector, officer, NOW, NOW + 5));
    }

    function testAttesterUnknown() public {
        bytes memory reason = abi.encodeWithSelector(ITradeLedger.AttesterUnknown.selector, officer);
        (bytes memory data, ) = _retireAttester(officer);
        _refused(data, reason);
        (data, ) = _declareCompromised(officer, NOW);
        _refused(data, reason);
        _refused(abi.encodeCall(ITradeLedger.authorisedAttester, (officer)), reason);
        vm.assertFalse(ledger.mayAttest(officer, PHYTO, NOW), "may not attest");
    }

    function testCompromise() public {
        _enrol(MPI);
        _authorise(officer, MPI);
        (bytes memory data, ) = _declareCompromised(officer, NOW + 1);
        _refused(data, abi.encodeWithSelector(ITradeLedger.CompromiseInFuture.selector, NOW + 1, NOW));
        _compromise(officer, NOW);
        (data, ) = _declareCompromised(officer, NOW);
        _refused(data, abi.encodeWithSelector(ITradeLedger.CompromiseNotEarlier.selector, NOW, NOW));
        vm.warp(NOW + 9);
        (data, ) = _declareCompromised(officer, NOW + 1);
        _refused(data, abi.encodeWithSelector(ITradeLedger.CompromiseNotEarlier.selector, NOW + 1, NOW));
        _compromise(officer, NOW - 100);
        _compromise(officer, 0);
        (, , , uint40 compromisedFrom) = ledger.authorisedAttester(officer);
        vm.assertEq(uint256(compromisedFrom), 0, "since the beginning");
    }

    function testRetiredAttesterCanBeDeclaredCompromised() public {
        _enrol(MPI);
        _authorise(officer, MPI);
        _retire(officer);
        _compromise(officer, NOW - 1);
    }

    // ------------------------------------------------------------------------------------------------------ mandates

    function testGrantFromNow() public {
        _enrol(MPI);
        _grant(MPI, PHYTO, 0, NOW + 100);
        vm.assertFalse(ledger.mandated(MPI, PHYTO, NOW - 1), "before");
        vm.assertTrue(ledger.mandated(MPI, PHYTO, NOW), "from now");
        vm.assertTrue(ledger.mandated(MPI, PHYTO, NOW + 99), "to the last second");
        vm.assertFalse(ledger.mandated(MPI, PHYTO, NOW + 100), "until is exclusive");
        vm.assertFalse(ledger.mandated(MPI, ORIGIN, NOW), "another kind");
        vm.assertFalse(ledger.mandated(CUSTOMS, PHYTO, NOW), "another agency");
    }

    function testRenewalBeforeTheEndKeepsTheRunningPeriod() public {
        _enrol(MPI);
        _grant(MPI, PHYTO, 0, NOW + 100);
        _grant(MPI, PHYTO, NOW + 200, NOW + 300);
        vm.assertTrue(ledger.mandated(MPI, PHYTO, NOW + 50), "running");
        vm.assertFalse(ledger.mandated(MPI, PHYTO, NOW + 150), "between");
        vm.assertTrue(ledger.mandated(MPI, PHYTO, NOW + 200), "renewed");
        _grant(MPI, PHYTO, NOW + 300, NEVER);
        vm.assertTrue(ledger.mandated(MPI, PHYTO, NOW + 50), "still running");
        vm.assertTrue(ledger.mandated(MPI, PHYTO, NOW + 299), "still renewed");
        vm.assertTrue(ledger.mandated(MPI, PHYTO, NOW + 300), "without a gap");
    }

    function testPeriodMalformed() public {
        _enrol(MPI);
        bytes4 malformed = ITradeLedger.PeriodMalformed.selector;
        (bytes memory data, ) = _grantMandate(MPI, PHYTO, NOW - 1, NEVER);
        _refused(data, abi.encodeWithSelector(malformed, NOW - 1, NEVER, NOW));
        (data, ) = _grantMandate(MPI, PHYTO, NOW + 5, NOW + 5);
        _refused(data, abi.encodeWithSelector(malformed, NOW + 5, NOW + 5, NOW));
        (data, ) = _grantMandate(MPI, PHYTO, 0, NOW);
        _refused(data, abi.encodeWithSelector(malformed, NOW, NOW, NOW));
    }

    function testMandateOverlaps() public {
        _enrol(MPI);
        _grant(MPI, PHYTO, 0, NOW + 100);
        (bytes memory data, ) = _grantMandate(MPI, PHYTO, NOW + 99, NEVER);
        _refused(data, abi.encodeWithSelector(ITradeLedger.MandateOverlaps.selector, MPI, PHYTO, NOW + 100));
        (data, ) = _grantMandate(MPI, PHYTO, 0, NEVER);
        _refused(data, abi.encodeWithSelector(ITradeLedger.MandateOverlaps.selector, MPI, PHYTO, NOW + 100));
        _grant(MPI, PHYTO, NOW + 100, NEVER);
    }

    function testWithdrawMandate() public {
        _enrol(MPI);
        _grant(MPI, PHYTO, 0, NEVER);
        vm.warp(NOW + 10);
        _endMandate(MPI, PHYTO);
        vm.assertTrue(ledger.mandated(MPI, PHYTO, NOW + 9), "before");
        vm.assertFalse(ledger.mandated(MPI, PHYTO, NOW + 10), "ended");
        (bytes memory data, ) = _withdrawMandate(MPI, PHYTO);
        _refused(data, abi.encodeWithSelector(ITradeLedger.MandateMissing.selector, MPI, PHYTO));
        _grant(MPI, PHYTO, 0, NEVER);
        vm.assertTrue(ledger.mandated(MPI, PHYTO, NOW + 10), "granted anew");
    }

    function testWithdrawEndsTheRunningPeriodAndTheOnesToCome() public {
        _enrol(MPI);
        _grant(MPI, PHYTO, 0, NOW + 100); // over when the mandate is withdrawn
        _grant(MPI, PHYTO, NOW + 100, NOW + 200); // running at that time
        _grant(MPI, PHYTO, NOW + 300, NOW + 400); // to come
        _grant(MPI, PHYTO, NOW + 500, NEVER); // to come, the latest
        vm.warp(NOW + 150);
        _endMandate(MPI, PHYTO);
        vm.assertTrue(ledger.mandated(MPI, PHYTO, NOW + 99), "a period that was over is unchanged");
        vm.assertTrue(ledger.mandated(MPI, PHYTO, NOW + 149), "the running period lasted until now");
        for (uint40 time = NOW + 150; time < NOW + 600; time += 50) {
            vm.assertFalse(ledger.mandated(MPI, PHYTO, time), "no period is left");
        }
        (bytes memory data, ) = _withdrawMandate(MPI, PHYTO);
        _refused(data, abi.encodeWithSelector(ITradeLedger.MandateMissing.selector, MPI, PHYTO));
    }

    function testNoMandateToWithdraw() public {
        _enrol(MPI);
        (bytes memory data, ) = _withdrawMandate(MPI, PHYTO);
        _refused(data, abi.encodeWithSelector(ITradeLedger.MandateMissing.selector, MPI, PHYTO));
        _grant(MPI, PHYTO, 0, NOW + 10);
        vm.warp(NOW + 10);
        (data, ) = _withdrawMandate(MPI, PHYTO);
        _refused(data, abi.encodeWithSelector(ITradeLedger.MandateMissing.selector, MPI, PHYTO));
    }

    // ------------------------------------------------------------------------------------- who may say what, when

    function testMayAttestAtEachTime() public {
        _enrol(MPI); // NOW
        vm.warp(NOW + 10);
        _authorise(officer, MPI);
        vm.warp(NOW + 20);
        _grant(MPI, PHYTO, 0, NEVER);
        vm.warp(NOW + 30);
        _suspend(MPI);
        vm.warp(NOW + 40);
        _reinstate(MPI);
        vm.warp(NOW + 50);
        _suspend(MPI);
        vm.warp(NOW + 60);
        _reinstate(MPI);
        vm.warp(NOW + 70);
        _retire(officer);

        _may(NOW + 9, false, "before it was authorised");
        _may(NOW + 19, false, "before the mandate");
        _may(NOW + 20, true, "mandated");
        _may(NOW + 29, true, "to the last second before the suspension");
        _may(NOW + 30, false, "suspended");
        _may(NOW + 40, true, "reinstated");
        _may(NOW + 55, false, "suspended again");
        _may(NOW + 69, true, "before it was retired");
        _may(NOW + 70, false, "retired");
        vm.assertFalse(ledger.mayAttest(officer, ORIGIN, NOW + 20), "another kind");

        _compromise(officer, NOW + 25);
        _may(NOW + 24, true, "before the compromise");
        _may(NOW + 25, false, "compromised");
    }

    function _may(uint40 time, bool expected, string memory when) private view {
        vm.assertTrue(ledger.mayAttest(officer, PHYTO, time) == expected, when);
    }

    function _letters(uint256 count) private pure returns (bytes memory text) {
        text = new bytes(count);
        for (uint256 i = 0; i < count; ++i) text[i] = "n";
    }
}
