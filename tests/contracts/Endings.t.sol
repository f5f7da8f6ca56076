// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ITradeLedger} from "../../contracts/interfaces/ITradeLedger.sol";
import {Keys} from "./support/Keys.sol";
import {World} from "./support/World.sol";
import {vm} from "./support/Vm.sol";

/// @notice Rules 7 and 8: revoke and withdraw, and what is in force at which time.
contract EndingsTest is World {
    bytes internal officer = Keys.account(OFFICER);

    function setUp() public override {
        super.setUp();
        _establish();
    }

    // ------------------------------------------------------------------------------------------------------- revoke

    function testRevokeTheWhole() public {
        bytes32 id = _attest(_attestation("a"), OFFICER);
        vm.warp(NOW + 50);
        _revoke(id, 0, OFFICER);
        vm.assertFalse(ledger.inForce(id, 0), "not in force");
        vm.assertFalse(ledger.inForce(id, "member"), "not in force for a member");
        vm.assertTrue(ledger.inForceAt(id, 0, NOW + 49), "was in force before");
        vm.assertFalse(ledger.inForceAt(id, 0, NOW + 50), "from this second on");
        vm.assertEq(uint256(ledger.revokedAt(id, 0)), NOW + 50, "revokedAt");
        vm.assertEq(uint256(ledger.revokedAt(id, "member")), NOW + 50, "revokedAt for a member");
        (, , , , uint40 revoked, ) = ledger.attested(id);
        vm.assertEq(uint256(revoked), NOW + 50, "attested()");

        bytes4 already = ITradeLedger.AttestationAlreadyRevoked.selector;
        (bytes memory data, , ) = _revokeCall(ITradeLedger.Revocation(id, 0, 42), OFFICER);
        _refused(data, abi.encodeWithSelector(already, id, bytes32(0)));
        (data, , ) = _revokeCall(ITradeLedger.Revocation(id, "member", 42), OFFICER);
        _refused(data, abi.encodeWithSelector(already, id, bytes32("member")));
    }

    function testRevokeOneMemberThenTheWhole() public {
        bytes32 id = _attest(_attestation("a"), OFFICER);
        vm.warp(NOW + 10);
        _revoke(id, "member", OFFICER);
        vm.assertFalse(ledger.inForce(id, "member"), "the member is not in force");
        vm.assertTrue(ledger.inForceAt(id, "member", NOW + 9), "it was before");
        vm.assertTrue(ledger.inForce(id, "other"), "another member is in force");
        vm.assertTrue(ledger.inForce(id, 0), "the whole set is in force");
        (bytes memory data, , ) = _revokeCall(ITradeLedger.Revocation(id, "member", 41), COLLEAGUE);
        _refused(data, abi.encodeWithSelector(ITradeLedger.AttestationAlreadyRevoked.selector, id, bytes32("member")));

        vm.warp(NOW + 20);
        _revoke(id, 0, OFFICER);
        vm.assertEq(uint256(ledger.revokedAt(id, "member")), NOW + 10, "the member, revoked earlier");
        vm.assertEq(uint256(ledger.revokedAt(id, "other")), NOW + 20, "the other member, with the whole set");
    }

    function testColleagueMayRevokeWithoutAMandate() public {
        bytes32 id = _attest(_attestation("a"), OFFICER);
        _endMandate(MPI, PHYTO);
        _retire(officer);
        _revoke(id, 0, COLLEAGUE);
    }

    function testAttestationUnknown() public {
        (bytes memory data, , ) = _revokeCall(ITradeLedger.Revocation("id", 0, 41), OFFICER);
        _refused(data, abi.encodeWithSelector(ITradeLedger.AttestationUnknown.selector, bytes32("id")));
    }

    function testWhoMayNotRevoke() public {
        bytes32 id = _attest(_attestation("a"), OFFICER);
        ITradeLedger.Revocation memory revocation = ITradeLedger.Revocation(id, 0, 41);

        (bytes memory data, , ) = _revokeCall(revocation, STRANGER);
        _refused(data, abi.encodeWithSelector(ITradeLedger.AttesterUnknown.selector, Keys.account(STRANGER)));

        _enrol(CUSTOMS);
        _authorise(Keys.account(STRANGER), CUSTOMS);
        _refused(
            data,
            abi.encodeWithSelector(ITradeLedger.AgencyMismatch.selector, Keys.account(STRANGER), MPI, CUSTOMS)
        );

        (data, , ) = _revokeCall(revocation, OFFICER);
        _suspend(MPI);
        _refused(data, abi.encodeWithSelector(ITradeLedger.AgencyNotActive.selector, MPI, NOW));
        _reinstate(MPI);

        vm.warp(NOW + 5);
        _retire(officer);
        _refused(data, abi.encodeWithSelector(ITradeLedger.AttesterNotActive.selector, officer, NOW, NOW + 5));
        _compromise(officer, NOW + 5);
        _refused(data, abi.encodeWithSelector(ITradeLedger.AttesterDeclaredCompromised.selector, officer, NOW + 5));
    }

    function testRevocationNeedsItsSignature() public {
        bytes32 id = _attest(_attestation("a"), OFFICER);
        bytes memory signature = Keys.sign(OFFICER, ids.revocation(ITradeLedger.Revocation(id, "one", 41)));
        ITradeLedger.Revocation memory sent = ITradeLedger.Revocation(id, 0, 41);
        _refused(
            abi.encodeCall(ITradeLedger.revoke, (sent, officer, signature)),
            abi.encodeWithSelector(ITradeLedger.SignatureMismatch.selector, officer, ids.revocation(sent))
        );
        vm.assertEq(ledger.revocationId(sent), ids.revocation(sent), "id");
    }

    // ----------------------------------------------------------------------------------------------------- withdraw

    function _declaration() private pure returns (ITradeLedger.Declaration memory) {
        return ITradeLedger.Declaration(Keys.account(PARTY), keccak256("document"), 929, 0);
    }

    function testWithdraw() public {
        ITradeLedger.Declaration memory declaration = _declaration();
        bytes32 id = ids.declaration(declaration);
        vm.assertEq(ledger.declarationId(declaration), id, "id");
        (uint64 number, uint40 time) = ledger.withdrawn(id);
        vm.assertEq(uint256(number), 0, "not withdrawn yet");

        ITradeLedger.Withdrawal memory withdrawal = ITradeLedger.Withdrawal(id, 5, keccak256("replacement"));
        vm.assertEq(ledger.withdrawalId(withdrawal), ids.withdrawal(withdrawal), "withdrawal id");
        (bytes memory data, bytes memory payload) = _withdrawCall(declaration, withdrawal, PARTY);
        _writes(data, ITradeLedger.EntryKind.Withdrawn, id, payload);
        (number, time) = ledger.withdrawn(id);
        vm.assertEq(uint256(number), entries - 1, "number");
        vm.assertEq(uint256(time), NOW, "time");

        withdrawal.reason = 1;
        (data, ) = _withdrawCall(declaration, withdrawal, PARTY);
        _refused(data, abi.encodeWithSelector(ITradeLedger.DeclarationAlreadyWithdrawn.selector, id, number));
    }

    function testWithdrawalRefused() public {
        ITradeLedger.Declaration memory declaration = _declaration();
        bytes32 id = ids.declaration(declaration);

        ITradeLedger.Withdrawal memory withdrawal = ITradeLedger.Withdrawal("another", 1, 0);
        (bytes memory data, ) = _withdrawCall(declaration, withdrawal, PARTY);
        _refused(data, abi.encodeWithSelector(ITradeLedger.DeclarationMismatch.selector, bytes32("another"), id));

        withdrawal = ITradeLedger.Withdrawal(id, 5, id);
        (data, ) = _withdrawCall(declaration, withdrawal, PARTY);
        _refused(data, abi.encodeWithSelector(ITradeLedger.DeclarationReplacesItself.selector, id));

        withdrawal = ITradeLedger.Withdrawal(id, 1, 0);
        (data, ) = _withdrawCall(declaration, withdrawal, STRANGER);
        bytes32 digest = ids.withdrawal(withdrawal);
        _refused(data, abi.encodeWithSelector(ITradeLedger.SignatureMismatch.selector, declaration.party, digest));

        declaration.party = new bytes(19);
        (data, ) = _withdrawCall(declaration, withdrawal, PARTY);
        _refused(data, abi.encodeWithSelector(ITradeLedger.SignerMalformed.selector, 19));
        declaration.party = new bytes(129);
        (data, ) = _withdrawCall(declaration, withdrawal, PARTY);
        _refused(data, abi.encodeWithSelector(ITradeLedger.SignerMalformed.selector, 129));
    }

    // ----------------------------------------------------------------------------------------------------- in force

    function testInForceFollowsValidity() public {
        ITradeLedger.Attestation memory attestation = _attestation("a");
        attestation.validFrom = NOW + 10;
        attestation.validUntil = NOW + 20;
        bytes32 id = _attest(attestation, OFFICER);
        vm.assertFalse(ledger.inForce(id, 0), "not yet valid");
        vm.assertFalse(ledger.inForceAt(id, 0, NOW + 9), "a second before");
        vm.assertTrue(ledger.inForceAt(id, 0, NOW + 10), "from is inclusive");
        vm.assertTrue(ledger.inForceAt(id, 0, NOW + 19), "the last second");
        vm.assertFalse(ledger.inForceAt(id, 0, NOW + 20), "until is exclusive");
        vm.warp(NOW + 15);
        vm.assertTrue(ledger.inForce(id, 0), "now");
    }

    function testNotInForceBeforeItWasAttested() public {
        ITradeLedger.Attestation memory attestation = _attestation("a");
        attestation.validFrom = NOW - 1000;
        bytes32 id = _attest(attestation, OFFICER);
        vm.assertFalse(ledger.inForceAt(id, 0, NOW - 1), "in its validity, but not attested yet");
        vm.assertTrue(ledger.inForceAt(id, 0, NOW), "attested");
    }

    function testCompromiseEndsLaterAttestations() public {
        bytes32 before = _attest(_attestation("a"), OFFICER);
        vm.warp(NOW + 10);
        bytes32 then_ = _attest(_attestation("b"), OFFICER);
        bytes32 other = _attest(_attestation("c"), COLLEAGUE);
        vm.warp(NOW + 100);
        _compromise(officer, NOW + 10);
        vm.assertTrue(ledger.inForce(before, 0), "attested before");
        vm.assertFalse(ledger.inForce(then_, 0), "attested at that time");
        vm.assertFalse(ledger.inForceAt(then_, 0, NOW + 11), "also at a past time");
        vm.assertTrue(ledger.inForce(other, 0), "by another attester");
        _compromise(officer, NOW);
        vm.assertFalse(ledger.inForce(before, 0), "the date was moved");
    }

    function testStaysInForceAfterRetirementSuspensionAndEndOfMandate() public {
        bytes32 id = _attest(_attestation("a"), OFFICER);
        _retire(officer);
        _endMandate(MPI, PHYTO);
        _suspend(MPI);
        vm.assertTrue(ledger.inForce(id, 0), "in force");
    }
}
