// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {TradeLedger} from "../../contracts/TradeLedger.sol";
import {ITradeLedger} from "../../contracts/interfaces/ITradeLedger.sol";
import {Keys} from "./support/Keys.sol";
import {World} from "./support/World.sol";
import {vm} from "./support/Vm.sol";

/// @notice Rule 1: the council, and which resolutions it can enact.
contract CouncilTest is World {
    // ----------------------------------------------------------------------------------------------- the first council

    function testFirstCouncilIsEntryZero() public view {
        // World.setUp has checked the entry itself.
        vm.assertEq(uint256(ledger.numberOfEntries()), 1, "entries");
        vm.assertEq(uint256(ledger.resolutions()), 0, "resolutions");
        (bytes[] memory members, uint16 threshold) = ledger.council();
        vm.assertEq(abi.encode(members), abi.encode(_members()), "members");
        vm.assertEq(uint256(threshold), 2, "threshold");
    }

    function testVerifierAddressesFollowFromTheOrigin() public view {
        address first = vm.computeCreateAddress(address(ledger), 1);
        vm.assertEq(ledger.p256Verifier(), first, "verifier of P-256 keys");
        vm.assertTrue(first.code.length != 0, "verifier of P-256 keys has code");
        address second = vm.computeCreateAddress(address(ledger), 2);
        vm.assertEq(ledger.webAuthnVerifier(), second, "verifier of passkeys");
        vm.assertTrue(second.code.length != 0, "verifier of passkeys has code");
    }

    function testDomain() public view {
        (
            bytes1 fields,
            string memory name,
            string memory version,
            uint256 chain,
            address contract_,
            bytes32 salt,
            uint256[] memory extensions
        ) = ledger.eip712Domain();
        vm.assertEq(bytes32(fields), bytes32(hex"1f"), "all five fields are used");
        vm.assertEq(name, "TradeLedger", "name");
        vm.assertEq(version, "1", "version");
        vm.assertEq(chain, block.chainid, "chain");
        vm.assertEq(contract_, address(ledger), "contract");
        bytes memory first = abi.encode(_members(), uint16(2), uint64(0), new ITradeLedger.Endorsement[](0));
        vm.assertEq(salt, sha256(_leaf(0, 0, NOW, first)), "salt");
        vm.assertEq(extensions.length, 0, "extensions");
    }

    function testFirstCouncilIsChecked() public {
        _notFounded(new bytes[](0), 1, abi.encodeWithSelector(ITradeLedger.CouncilMalformed.selector, 0, 1));
        _notFounded(_members(), 0, abi.encodeWithSelector(ITradeLedger.CouncilMalformed.selector, 3, 0));
        _notFounded(_members(), 4, abi.encodeWithSelector(ITradeLedger.CouncilMalformed.selector, 3, 4));
        bytes[] memory twice = _members();
        twice[2] = twice[0];
        _notFounded(twice, 1, abi.encodeWithSelector(ITradeLedger.CouncilMemberRepeated.selector, twice[0]));
        bytes[] memory short = _members();
        short[1] = new bytes(19);
        _notFounded(short, 1, abi.encodeWithSelector(ITradeLedger.SignerMalformed.selector, 19));
    }

    function _notFounded(bytes[] memory members, uint16 threshold, bytes memory reason) private {
        try new TradeLedger(members, threshold) {
            vm.assertTrue(false, "deployed with a council that is refused");
        } catch (bytes memory given) {
            vm.assertEq(given, reason, "refused for another reason");
        }
    }

    // -------------------------------------------------------------------------------------------------- a new council

    function testChangeCouncil() public {
        bytes[] memory members = new bytes[](1);
        members[0] = Keys.account(STRANGER);
        (bytes memory data, bytes memory payload, bytes32 id) = _changeCouncil(members, 1);
        _writes(data, ITradeLedger.EntryKind.CouncilChanged, id, payload);

        (bytes[] memory seated, uint16 threshold) = ledger.council();
        vm.assertEq(abi.encode(seated), abi.encode(members), "members");
        vm.assertEq(uint256(threshold), 1, "threshold");
        vm.assertEq(uint256(ledger.resolutions()), 1, "resolutions");

        // The old members have no seat any more. The error names the first of them.
        bytes32 next = ids.agencySuspension(MPI, 2);
        ITradeLedger.Endorsement[] memory old = _endorse(next);
        _refused(
            abi.encodeCall(ITradeLedger.suspendAgency, (MPI, 2, old)),
            abi.encodeWithSelector(ITradeLedger.CouncilMemberUnknown.selector, old[0].signer)
        );
    }

    function testFormerMemberMayBeSeatedAgain() public {
        for (uint256 i = 0; i < 2; ++i) {
            (bytes memory data, bytes memory payload, bytes32 id) = _changeCouncil(_members(), 2);
            _writes(data, ITradeLedger.EntryKind.CouncilChanged, id, payload);
        }
    }

    function testLargestCouncil() public {
        bytes[] memory members = new bytes[](32);
        for (uint256 i = 0; i < 32; ++i) members[i] = Keys.account(0x1000 + i);
        (bytes memory data, bytes memory payload, bytes32 id) = _changeCouncil(members, 32);
        _writes(data, ITradeLedger.EntryKind.CouncilChanged, id, payload);
    }

    function testNewCouncilIsChecked() public {
        bytes[] memory many = new bytes[](33);
        for (uint256 i = 0; i < 33; ++i) many[i] = Keys.account(0x1000 + i);
        (bytes memory data, , ) = _changeCouncil(many, 2);
        _refused(data, abi.encodeWithSelector(ITradeLedger.CouncilMalformed.selector, 33, 2));

        (data, , ) = _changeCouncil(_members(), 4);
        _refused(data, abi.encodeWithSelector(ITradeLedger.CouncilMalformed.selector, 3, 4));

        (data, , ) = _changeCouncil(_members(), 0);
        _refused(data, abi.encodeWithSelector(ITradeLedger.CouncilMalformed.selector, 3, 0));

        bytes[] memory twice = _members();
        twice[2] = twice[1];
        (data, , ) = _changeCouncil(twice, 2);
        _refused(data, abi.encodeWithSelector(ITradeLedger.CouncilMemberRepeated.selector, twice[1]));

        bytes[] memory long = _members();
        long[0] = new bytes(129);
        (data, , ) = _changeCouncil(long, 2);
        _refused(data, abi.encodeWithSelector(ITradeLedger.SignerMalformed.selector, 129));
    }

    // ---------------------------------------------------------------------------------------------------- the quorum

    function testResolutionCannotBeReplayed() public {
        (bytes memory data, bytes memory payload) = _enrolAgency(MPI, "MPI", "NZ", "u");
        _writes(data, ITradeLedger.EntryKind.AgencyEnrolled, MPI, payload);
        _refused(data, abi.encodeWithSelector(ITradeLedger.ResolutionNumberMismatch.selector, 2, 1));
    }

    function testResolutionsCannotBeSkipped() public {
        ITradeLedger.Endorsement[] memory endorsements = _endorse(ids.agencySuspension(MPI, 2));
        _refused(
            abi.encodeCall(ITradeLedger.suspendAgency, (MPI, 2, endorsements)),
            abi.encodeWithSelector(ITradeLedger.ResolutionNumberMismatch.selector, 1, 2)
        );
    }

    function testQuorumMissing() public {
        ITradeLedger.Endorsement[] memory one = new ITradeLedger.Endorsement[](1);
        one[0] = _endorse(ids.agencySuspension(MPI, 1))[0];
        _refused(
            abi.encodeCall(ITradeLedger.suspendAgency, (MPI, 1, one)),
            abi.encodeWithSelector(ITradeLedger.QuorumMissing.selector, 2, 1)
        );
    }

    function testMoreEndorsementsThanTheThreshold() public {
        bytes32 id = ids.agencyEnrolment(MPI, "MPI", "NZ", "u", 1);
        ITradeLedger.Endorsement[] memory all = new ITradeLedger.Endorsement[](3);
        all[0] = ITradeLedger.Endorsement(Keys.account(MEMBER_A), Keys.sign(MEMBER_A, id));
        all[1] = ITradeLedger.Endorsement(Keys.account(MEMBER_B), Keys.sign(MEMBER_B, id));
        all[2] = ITradeLedger.Endorsement(Keys.account(MEMBER_C), Keys.sign(MEMBER_C, id));
        all = Keys.sorted(all);
        _writes(
            abi.encodeCall(ITradeLedger.enrolAgency, (MPI, "MPI", "NZ", "u", 1, all)),
            ITradeLedger.EntryKind.AgencyEnrolled,
            MPI,
            abi.encode(MPI, "MPI", bytes2("NZ"), "u", uint64(1), all)
        );
    }

    function testOneMemberCannotSignTwice() public {
        ITradeLedger.Endorsement[] memory twice = _endorse(ids.agencySuspension(MPI, 1));
        twice[1] = twice[0];
        _refused(
            abi.encodeCall(ITradeLedger.suspendAgency, (MPI, 1, twice)),
            abi.encodeWithSelector(ITradeLedger.EndorsementsUnordered.selector, twice[1].signer)
        );
    }

    function testEndorsementsAscend() public {
        ITradeLedger.Endorsement[] memory list = _endorse(ids.agencySuspension(MPI, 1));
        (list[0], list[1]) = (list[1], list[0]);
        _refused(
            abi.encodeCall(ITradeLedger.suspendAgency, (MPI, 1, list)),
            abi.encodeWithSelector(ITradeLedger.EndorsementsUnordered.selector, list[1].signer)
        );
    }

    function testStrangerIsNotInCouncil() public {
        bytes32 id = ids.agencySuspension(MPI, 1);
        ITradeLedger.Endorsement[] memory list = new ITradeLedger.Endorsement[](2);
        list[0] = ITradeLedger.Endorsement(Keys.account(MEMBER_A), Keys.sign(MEMBER_A, id));
        list[1] = ITradeLedger.Endorsement(Keys.account(STRANGER), Keys.sign(STRANGER, id));
        _refused(
            abi.encodeCall(ITradeLedger.suspendAgency, (MPI, 1, Keys.sorted(list))),
            abi.encodeWithSelector(ITradeLedger.CouncilMemberUnknown.selector, Keys.account(STRANGER))
        );
    }

    function testSignatureOverAnotherResolution() public {
        // A and B sign the suspension of MPI. Their signatures are sent with the suspension of customs.
        ITradeLedger.Endorsement[] memory list = _endorse(ids.agencySuspension(MPI, 1));
        bytes32 sent = ids.agencySuspension(CUSTOMS, 1);
        _refused(
            abi.encodeCall(ITradeLedger.suspendAgency, (CUSTOMS, 1, list)),
            abi.encodeWithSelector(ITradeLedger.SignatureMismatch.selector, list[0].signer, sent)
        );
    }

    function testReinstatementIsNotSuspension() public {
        // The statements have equal members but different types, so the type hashes differ.
        _enrol(MPI);
        ITradeLedger.Endorsement[] memory list = _endorse(ids.agencySuspension(MPI, 2));
        _refused(
            abi.encodeCall(ITradeLedger.reinstateAgency, (MPI, 2, list)),
            abi.encodeWithSelector(
                ITradeLedger.SignatureMismatch.selector,
                list[0].signer,
                ids.agencyReinstatement(MPI, 2)
            )
        );
    }

    function testSignaturesBelongToOneOrigin() public {
        TradeLedger other = new TradeLedger(_members(), 2);
        ITradeLedger.Endorsement[] memory list = _endorse(ids.agencyEnrolment(MPI, "MPI", "NZ", "u", 1));
        (bool done, ) = address(other).call(
            abi.encodeCall(ITradeLedger.enrolAgency, (MPI, "MPI", "NZ", "u", 1, list))
        );
        vm.assertFalse(done, "a signature for one ledger counted in another");
    }

    function testSignaturesDoNotSurviveAForkOfTheChain() public {
        (bytes memory data, ) = _enrolAgency(MPI, "MPI", "NZ", "u");
        vm.chainId(block.chainid + 1);
        (bool done, ) = address(ledger).call(data);
        vm.assertFalse(done, "a signature for one chain counted on its fork");
    }

    function testFuzzAnybodyMayRelay(address sender) public {
        vm.assume(sender != address(0));
        (bytes memory data, bytes memory payload) = _enrolAgency(MPI, "MPI", "NZ", "u");
        vm.prank(sender);
        _writes(data, ITradeLedger.EntryKind.AgencyEnrolled, MPI, payload);
    }
}
