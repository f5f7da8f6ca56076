// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ITradeLedger} from "../../contracts/interfaces/ITradeLedger.sol";
import {Keys} from "./support/Keys.sol";
import {World} from "./support/World.sol";
import {vm} from "./support/Vm.sol";

/// @notice Rule 11: post. MPI issues a certificate and opens its lines; customs writes off.
contract PostingsTest is World {
    uint256 private constant WRITER = 0xb3; // customs' officer
    bytes32 private constant MEMBER = keccak256("declaration");
    bytes internal officer = Keys.account(OFFICER);
    bytes internal writer = Keys.account(WRITER);
    bytes32 private _id;

    function setUp() public override {
        super.setUp();
        _establish();
        _grant(MPI, BALANCE, 0, NEVER);
        _enrol(CUSTOMS);
        _grant(CUSTOMS, BALANCE, 0, NEVER);
        _authorise(writer, CUSTOMS);
        _id = _attest(_attestation("certificate"), OFFICER);
    }

    // --------------------------------------------------------------------------------------------------------- moves

    function testFuzzSheetsMoveFromOneToTheNext(bytes32[6] memory sheets, uint32 line) public {
        bytes32 present = 0;
        for (uint256 i = 0; i < sheets.length; ++i) {
            if (sheets[i] == 0 || sheets[i] == present) continue;
            bool opening = present == 0;
            vm.assertEq(ledger.sheet(_id, MEMBER, line), present, "present");
            _post(_posting(opening ? MPI : CUSTOMS, line, present, sheets[i]), opening ? OFFICER : WRITER);
            present = sheets[i];
        }
        vm.assertEq(ledger.sheet(_id, MEMBER, line), present, "the last");
    }

    function testLinesMembersAndAttestationsAreApart() public {
        bytes32 other = _attest(_attestation("another certificate"), OFFICER);
        _post(_posting(MPI, 1, 0, "a"), OFFICER);
        _post(_posting(MPI, 2, 0, "b"), OFFICER);
        ITradeLedger.Posting memory posting = _posting(MPI, 1, 0, "c");
        posting.member = "another member";
        _post(posting, OFFICER);
        posting = _posting(MPI, 1, 0, "d");
        posting.attestation = other;
        _post(posting, OFFICER);
        vm.assertEq(ledger.sheet(_id, MEMBER, 1), "a", "line 1");
        vm.assertEq(ledger.sheet(_id, MEMBER, 2), "b", "line 2");
        vm.assertEq(ledger.sheet(_id, "another member", 1), "c", "another member");
        vm.assertEq(ledger.sheet(other, MEMBER, 1), "d", "another attestation");
        vm.assertEq(ledger.sheet(_id, MEMBER, 3), 0, "never opened");
    }

    function testIssuerMovesTooAndAnyOfItsAttesters() public {
        _post(_posting(MPI, 1, 0, "a"), COLLEAGUE);
        _post(_posting(MPI, 1, "a", "b"), OFFICER);
        _post(_posting(CUSTOMS, 1, "b", "a"), WRITER); // the ledger does not know that this sheet was there before
    }

    /// @dev Moves that give back what was not used need no validity: a replay judges them.
    function testExpiredAttestationStillStands() public {
        _post(_posting(MPI, 1, 0, "a"), OFFICER);
        vm.warp(NOW + 91 days);
        vm.assertFalse(ledger.inForce(_id, MEMBER), "expired");
        _post(_posting(CUSTOMS, 1, "a", "b"), WRITER);
        _compromise(officer, NOW);
        _post(_posting(CUSTOMS, 1, "b", "c"), WRITER);
    }

    function testPasskeyPosts() public {
        bytes memory signer = Keys.passkey(0xe2, ledger);
        _authorise(signer, MPI);
        ITradeLedger.Posting memory posting = _posting(MPI, 1, 0, "a");
        bytes memory signature = Keys.signPasskey(0xe2, ids.posting(posting));
        _writes(
            abi.encodeCall(ITradeLedger.post, (posting, signer, signature)),
            ITradeLedger.EntryKind.Posted,
            MEMBER,
            abi.encode(posting, signer, signature)
        );
    }

    // ------------------------------------------------------------------------------------------------------- refused

    function testPostingMalformed() public {
        _post(_posting(MPI, 1, 0, "a"), OFFICER);
        _not(_posting(MPI, 1, "a", "a"), OFFICER, _malformed("a", "a"));
        _not(_posting(MPI, 1, "a", 0), OFFICER, _malformed("a", 0));
        _not(_posting(MPI, 2, 0, 0), OFFICER, _malformed(0, 0));
    }

    function testAttestationUnknown() public {
        ITradeLedger.Posting memory posting = _posting(MPI, 1, 0, "a");
        posting.attestation = "unknown";
        _not(posting, OFFICER, abi.encodeWithSelector(ITradeLedger.AttestationUnknown.selector, bytes32("unknown")));
    }

    function testRevokedForTheMember() public {
        _post(_posting(MPI, 1, 0, "a"), OFFICER);
        _revoke(_id, MEMBER, OFFICER);
        _not(_posting(CUSTOMS, 1, "a", "b"), WRITER, _revoked(MEMBER));
        _not(_posting(MPI, 2, 0, "b"), OFFICER, _revoked(MEMBER));
        ITradeLedger.Posting memory posting = _posting(MPI, 1, 0, "a");
        posting.member = "another member";
        _post(posting, OFFICER);
        _revoke(_id, 0, OFFICER);
        posting.from = "a";
        posting.to = "b";
        _not(posting, OFFICER, _revoked("another member"));
    }

    function testWhoMayNotPost() public {
        _post(_posting(MPI, 1, 0, "a"), OFFICER);
        ITradeLedger.Posting memory posting = _posting(CUSTOMS, 1, "a", "b");
        bytes memory stranger = Keys.account(STRANGER);
        _not(posting, STRANGER, abi.encodeWithSelector(ITradeLedger.AttesterUnknown.selector, stranger));
        _not(posting, OFFICER, abi.encodeWithSelector(ITradeLedger.AgencyMismatch.selector, officer, CUSTOMS, MPI));

        _suspend(CUSTOMS);
        _not(posting, WRITER, abi.encodeWithSelector(ITradeLedger.AgencyNotActive.selector, CUSTOMS, NOW));
        _reinstate(CUSTOMS);

        vm.warp(NOW + 5);
        _endMandate(CUSTOMS, BALANCE);
        _grant(CUSTOMS, PHYTO, 0, NEVER);
        _not(posting, WRITER, abi.encodeWithSelector(ITradeLedger.MandateMissing.selector, CUSTOMS, BALANCE));
        _grant(CUSTOMS, BALANCE, 0, NEVER);

        _retire(writer);
        _not(posting, WRITER, abi.encodeWithSelector(ITradeLedger.AttesterNotActive.selector, writer, NOW, NOW + 5));
        _compromise(writer, NOW + 5);
        bytes4 compromised = ITradeLedger.AttesterDeclaredCompromised.selector;
        _not(posting, WRITER, abi.encodeWithSelector(compromised, writer, NOW + 5));
    }

    function testOnlyTheIssuerOpens() public {
        bytes memory reason = abi.encodeWithSelector(ITradeLedger.AgencyMismatch.selector, writer, MPI, CUSTOMS);
        _not(_posting(CUSTOMS, 1, 0, "a"), WRITER, reason);
        _post(_posting(MPI, 1, 0, "a"), OFFICER);
        _not(_posting(CUSTOMS, 1, 0, "b"), WRITER, reason);
    }

    function testSheetStale() public {
        _not(_posting(MPI, 1, "a", "b"), OFFICER, _stale(1, 0));
        _post(_posting(MPI, 1, 0, "a"), OFFICER);
        _not(_posting(MPI, 1, 0, "b"), OFFICER, _stale(1, "a"));
        _not(_posting(MPI, 1, 0, "a"), OFFICER, _stale(1, "a"));
        _post(_posting(CUSTOMS, 1, "a", "b"), WRITER);
        _not(_posting(CUSTOMS, 1, "a", "c"), WRITER, _stale(1, "b"));
        _not(_posting(CUSTOMS, 2, "b", "c"), WRITER, _stale(2, 0));
    }

    function testPostingNeedsItsSignature() public {
        ITradeLedger.Posting memory signed = _posting(MPI, 1, 0, "a");
        bytes memory signature = Keys.sign(OFFICER, ids.posting(signed));
        ITradeLedger.Posting memory sent = _posting(MPI, 1, 0, "b");
        _refused(
            abi.encodeCall(ITradeLedger.post, (sent, officer, signature)),
            abi.encodeWithSelector(ITradeLedger.SignatureMismatch.selector, officer, ids.posting(sent))
        );
        _refused(
            abi.encodeCall(ITradeLedger.post, (signed, officer, new bytes(1025))),
            abi.encodeWithSelector(ITradeLedger.SignatureTooLong.selector, 1025, 1024)
        );
    }

    /// @dev Of several defects, the one is told whose check comes first.
    function testOrderOfTheChecks() public {
        ITradeLedger.Posting memory posting = ITradeLedger.Posting(CUSTOMS, "unknown", MEMBER, 1, 0, 0);
        _not(posting, STRANGER, _malformed(0, 0));
        posting.to = "a";
        _not(posting, STRANGER, abi.encodeWithSelector(ITradeLedger.AttestationUnknown.selector, bytes32("unknown")));
        posting.attestation = _id;
        _not(posting, STRANGER, abi.encodeWithSelector(ITradeLedger.AttesterUnknown.selector, Keys.account(STRANGER)));
        _not(posting, WRITER, abi.encodeWithSelector(ITradeLedger.AgencyMismatch.selector, writer, MPI, CUSTOMS));
        posting.from = "b";
        _not(posting, WRITER, _stale(1, 0));
    }

    // --------------------------------------------------------------------------------------------------------- parts

    function _posting(
        bytes16 agency,
        uint32 line,
        bytes32 from,
        bytes32 to
    ) private view returns (ITradeLedger.Posting memory) {
        return ITradeLedger.Posting(agency, _id, MEMBER, line, from, to);
    }

    /// @dev Refused for this reason, and the sheet stays.
    function _not(ITradeLedger.Posting memory posting, uint256 key, bytes memory reason) private {
        bytes32 before = ledger.sheet(posting.attestation, posting.member, posting.line);
        (bytes memory data, ) = _postCall(posting, key);
        _refused(data, reason);
        vm.assertEq(ledger.sheet(posting.attestation, posting.member, posting.line), before, "sheet");
    }

    function _malformed(bytes32 from, bytes32 to) private pure returns (bytes memory) {
        return abi.encodeWithSelector(ITradeLedger.PostingMalformed.selector, from, to);
    }

    function _revoked(bytes32 member) private view returns (bytes memory) {
        return abi.encodeWithSelector(ITradeLedger.AttestationAlreadyRevoked.selector, _id, member);
    }

    function _stale(uint32 line, bytes32 current) private view returns (bytes memory) {
        return abi.encodeWithSelector(ITradeLedger.SheetStale.selector, _id, MEMBER, line, current);
    }
}
