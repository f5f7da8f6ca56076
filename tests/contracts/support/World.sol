// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ITradeLedger} from "../../../contracts/interfaces/ITradeLedger.sol";
import {Keys} from "./Keys.sol";
import {Recorder} from "./Recorder.sol";
import {vm} from "./Vm.sol";

/// @notice A ledger with a council of three members and a threshold of two, and signed calls that change it.
abstract contract World is Recorder {
    uint40 internal constant NOW = 1_800_000_000;
    uint40 internal constant NEVER = type(uint40).max;

    uint256 internal constant MEMBER_A = 0xa1;
    uint256 internal constant MEMBER_B = 0xa2;
    uint256 internal constant MEMBER_C = 0xa3;
    uint256 internal constant OFFICER = 0xb1;
    uint256 internal constant COLLEAGUE = 0xb2;
    uint256 internal constant STRANGER = 0xc1;
    uint256 internal constant PARTY = 0xd1;

    bytes16 internal constant MPI = "NZ-MPI";
    bytes16 internal constant CUSTOMS = "NZ-CUSTOMS";
    uint16 internal constant PHYTO = 851;
    uint16 internal constant ORIGIN = 861;
    uint16 internal constant BALANCE = 182;

    function setUp() public virtual {
        vm.warp(NOW);
        _deploy(_members(), 2);
    }

    // ------------------------------------------------------------------------------------------------------ council

    function _members() internal pure returns (bytes[] memory members) {
        members = new bytes[](3);
        members[0] = Keys.account(MEMBER_A);
        members[1] = Keys.account(MEMBER_B);
        members[2] = Keys.account(MEMBER_C);
    }

    function _next() internal view returns (uint64) {
        return ledger.resolutions() + 1;
    }

    /// @dev Signatures by A and B.
    function _endorse(bytes32 id) internal pure returns (ITradeLedger.Endorsement[] memory list) {
        list = new ITradeLedger.Endorsement[](2);
        list[0] = ITradeLedger.Endorsement(Keys.account(MEMBER_A), Keys.sign(MEMBER_A, id));
        list[1] = ITradeLedger.Endorsement(Keys.account(MEMBER_B), Keys.sign(MEMBER_B, id));
        return Keys.sorted(list);
    }

    /// @dev The signed call, and the payload of its entry, which has the same arguments.
    function _changeCouncil(
        bytes[] memory members,
        uint16 threshold
    ) internal view returns (bytes memory data, bytes memory payload, bytes32 id) {
        uint64 next = _next();
        id = ids.councilChange(members, threshold, next);
        ITradeLedger.Endorsement[] memory endorsements = _endorse(id);
        data = abi.encodeCall(ITradeLedger.changeCouncil, (members, threshold, next, endorsements));
        payload = abi.encode(members, threshold, next, endorsements);
    }

    function _enrolAgency(
        bytes16 agency,
        string memory name,
        bytes2 jurisdiction,
        string memory uri
    ) internal view returns (bytes memory data, bytes memory payload) {
        uint64 next = _next();
        ITradeLedger.Endorsement[] memory endorsements = _endorse(
            ids.agencyEnrolment(agency, name, jurisdiction, uri, next)
        );
        data = abi.encodeCall(ITradeLedger.enrolAgency, (agency, name, jurisdiction, uri, next, endorsements));
        payload = abi.encode(agency, name, jurisdiction, uri, next, endorsements);
    }

    function _suspendAgency(bytes16 agency) internal view returns (bytes memory data, bytes memory payload) {
        uint64 next = _next();
        ITradeLedger.Endorsement[] memory endorsements = _endorse(ids.agencySuspension(agency, next));
        data = abi.encodeCall(ITradeLedger.suspendAgency, (agency, next, endorsements));
        payload = abi.encode(agency, next, endorsements);
    }

    function _reinstateAgency(bytes16 agency) internal view returns (bytes memory data, bytes memory payload) {
        uint64 next = _next();
        ITradeLedger.Endorsement[] memory endorsements = _endorse(ids.agencyReinstatement(agency, next));
        data = abi.encodeCall(ITradeLedger.reinstateAgency, (agency, next, endorsements));
        payload = abi.encode(agency, next, endorsements);
    }

    function _authoriseAttester(
        bytes memory attester,
        bytes16 agency
    ) internal view returns (bytes memory data, bytes memory payload) {
        uint64 next = _next();
        ITradeLedger.Endorsement[] memory endorsements = _endorse(ids.attesterAuthorisation(attester, agency, next));
        data = abi.encodeCall(ITradeLedger.authoriseAttester, (attester, agency, next, endorsements));
        payload = abi.encode(attester, agency, next, endorsements);
    }

    function _retireAttester(bytes memory attester) internal view returns (bytes memory data, bytes memory payload) {
        uint64 next = _next();
        ITradeLedger.Endorsement[] memory endorsements = _endorse(ids.attesterRetirement(attester, next));
        data = abi.encodeCall(ITradeLedger.retireAttester, (attester, next, endorsements));
        payload = abi.encode(attester, next, endorsements);
    }

    function _declareCompromised(
        bytes memory attester,
        uint40 since
    ) internal view returns (bytes memory data, bytes memory payload) {
        uint64 next = _next();
        ITradeLedger.Endorsement[] memory endorsements = _endorse(ids.attesterCompromise(attester, since, next));
        data = abi.encodeCall(ITradeLedger.declareCompromised, (attester, since, next, endorsements));
        payload = abi.encode(attester, since, next, endorsements);
    }

    function _grantMandate(
        bytes16 agency,
        uint16 kind,
        uint40 from,
        uint40 until
    ) internal view returns (bytes memory data, bytes memory payload) {
        uint64 next = _next();
        ITradeLedger.Endorsement[] memory endorsements = _endorse(ids.mandateGrant(agency, kind, from, until, next));
        data = abi.encodeCall(ITradeLedger.grantMandate, (agency, kind, from, until, next, endorsements));
        payload = abi.encode(agency, kind, from, until, next, endorsements);
    }

    function _withdrawMandate(
        bytes16 agency,
        uint16 kind
    ) internal view returns (bytes memory data, bytes memory payload) {
        uint64 next = _next();
        ITradeLedger.Endorsement[] memory endorsements = _endorse(ids.mandateWithdrawal(agency, kind, next));
        data = abi.encodeCall(ITradeLedger.withdrawMandate, (agency, kind, next, endorsements));
        payload = abi.encode(agency, kind, next, endorsements);
    }

    // --------------------------------------------------------------------------------------------- resolutions, sent

    function _enrol(bytes16 agency) internal {
        (bytes memory data, bytes memory payload) = _enrolAgency(agency, "Agency", "NZ", "https://agency.govt.nz");
        _writes(data, ITradeLedger.EntryKind.AgencyEnrolled, agency, payload);
    }

    function _suspend(bytes16 agency) internal {
        (bytes memory data, bytes memory payload) = _suspendAgency(agency);
        _writes(data, ITradeLedger.EntryKind.AgencySuspended, agency, payload);
    }

    function _reinstate(bytes16 agency) internal {
        (bytes memory data, bytes memory payload) = _reinstateAgency(agency);
        _writes(data, ITradeLedger.EntryKind.AgencyReinstated, agency, payload);
    }

    function _authorise(bytes memory attester, bytes16 agency) internal {
        (bytes memory data, bytes memory payload) = _authoriseAttester(attester, agency);
        _writes(data, ITradeLedger.EntryKind.AttesterAuthorised, keccak256(attester), payload);
    }

    function _retire(bytes memory attester) internal {
        (bytes memory data, bytes memory payload) = _retireAttester(attester);
        _writes(data, ITradeLedger.EntryKind.AttesterRetired, keccak256(attester), payload);
    }

    function _compromise(bytes memory attester, uint40 since) internal {
        (bytes memory data, bytes memory payload) = _declareCompromised(attester, since);
        _writes(data, ITradeLedger.EntryKind.AttesterCompromised, keccak256(attester), payload);
    }

    function _grant(bytes16 agency, uint16 kind, uint40 from, uint40 until) internal {
        (bytes memory data, bytes memory payload) = _grantMandate(agency, kind, from, until);
        _writes(data, ITradeLedger.EntryKind.MandateGranted, agency, payload);
    }

    function _endMandate(bytes16 agency, uint16 kind) internal {
        (bytes memory data, bytes memory payload) = _withdrawMandate(agency, kind);
        _writes(data, ITradeLedger.EntryKind.MandateWithdrawn, agency, payload);
    }

    /// @dev Enrol MPI, mandate it for PHYTO, and authorise OFFICER and COLLEAGUE as its attesters.
    function _establish() internal {
        _enrol(MPI);
        _grant(MPI, PHYTO, 0, NEVER);
        _authorise(Keys.account(OFFICER), MPI);
        _authorise(Keys.account(COLLEAGUE), MPI);
    }

    // ------------------------------------------------------------------------------------------------- attest, revoke

    /// @dev An attestation by MPI about a set of one.
    function _attestation(bytes32 salt) internal view returns (ITradeLedger.Attestation memory) {
        return
            ITradeLedger.Attestation({
                agency: MPI,
                kind: PHYTO,
                outcome: 1,
                detail: keccak256("certificate"),
                validFrom: uint40(block.timestamp),
                validUntil: uint40(block.timestamp) + 90 days,
                root: sha256(abi.encodePacked(hex"00", keccak256("declaration"))),
                size: 1,
                salt: salt
            });
    }

    function _attestCall(
        ITradeLedger.Attestation memory attestation,
        uint256 key
    ) internal view returns (bytes memory data, bytes memory payload, bytes32 id) {
        id = ids.attestation(attestation);
        bytes memory signer = Keys.account(key);
        bytes memory signature = Keys.sign(key, id);
        data = abi.encodeCall(ITradeLedger.attest, (attestation, signer, signature));
        payload = abi.encode(attestation, signer, signature);
    }

    function _attest(ITradeLedger.Attestation memory attestation, uint256 key) internal returns (bytes32 id) {
        bytes memory data;
        bytes memory payload;
        (data, payload, id) = _attestCall(attestation, key);
        bytes memory result = _writes(data, ITradeLedger.EntryKind.Attested, id, payload);
        vm.assertEq(abi.decode(result, (bytes32)), id, "id returned");
    }

    function _revokeCall(
        ITradeLedger.Revocation memory revocation,
        uint256 key
    ) internal view returns (bytes memory data, bytes memory payload, bytes32 id) {
        id = ids.revocation(revocation);
        bytes memory signer = Keys.account(key);
        bytes memory signature = Keys.sign(key, id);
        data = abi.encodeCall(ITradeLedger.revoke, (revocation, signer, signature));
        payload = abi.encode(revocation, signer, signature);
    }

    function _revoke(bytes32 attestation, bytes32 member, uint256 key) internal {
        (bytes memory data, bytes memory payload, ) = _revokeCall(
            ITradeLedger.Revocation(attestation, member, 41),
            key
        );
        _writes(data, ITradeLedger.EntryKind.Revoked, attestation, payload);
    }

    // -------------------------------------------------------------------------------------------------------- batch

    function _anchor(bytes32 root, uint64 size) internal {
        bytes memory result = _writes(
            abi.encodeCall(ITradeLedger.anchor, (root, size)),
            ITradeLedger.EntryKind.Anchored,
            root,
            abi.encode(root, size)
        );
        vm.assertEq(uint256(abi.decode(result, (uint64))), entries - 1, "number returned");
    }

    // ----------------------------------------------------------------------------------------------------- withdraw

    function _withdrawCall(
        ITradeLedger.Declaration memory declaration,
        ITradeLedger.Withdrawal memory withdrawal,
        uint256 key
    ) internal view returns (bytes memory data, bytes memory payload) {
        bytes memory signature = Keys.sign(key, ids.withdrawal(withdrawal));
        data = abi.encodeCall(ITradeLedger.withdraw, (declaration, withdrawal, signature));
        payload = abi.encode(declaration, withdrawal, signature);
    }

    // --------------------------------------------------------------------------------------------------------- post

    function _postCall(
        ITradeLedger.Posting memory posting,
        uint256 key
    ) internal view returns (bytes memory data, bytes memory payload) {
        bytes memory signer = Keys.account(key);
        bytes memory signature = Keys.sign(key, ids.posting(posting));
        data = abi.encodeCall(ITradeLedger.post, (posting, signer, signature));
        payload = abi.encode(posting, signer, signature);
    }

    function _post(ITradeLedger.Posting memory posting, uint256 key) internal {
        (bytes memory data, bytes memory payload) = _postCall(posting, key);
        _writes(data, ITradeLedger.EntryKind.Posted, posting.member, payload);
        bytes32 sheet = ledger.sheet(posting.attestation, posting.member, posting.line);
        vm.assertEq(sheet, posting.to, "sheet");
    }
}
