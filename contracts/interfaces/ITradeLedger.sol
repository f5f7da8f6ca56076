// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

interface ITradeLedger {
    enum EntryKind {
        CouncilChanged,
        AgencyEnrolled,
        AgencySuspended,
        AgencyReinstated,
        AttesterAuthorised,
        AttesterRetired,
        AttesterCompromised,
        MandateGranted,
        MandateWithdrawn,
        Anchored,
        Attested,
        Revoked,
        Withdrawn
    }

    struct Endorsement {
        bytes signer;
        bytes signature;
    }

    struct Declaration {
        bytes party;
        bytes32 digest;
        uint16 documentType;
        bytes32 replaces;
    }

    struct Withdrawal {
        bytes32 declaration;
        uint16 reason;
        bytes32 replacement;
    }

    struct Attestation {
        bytes16 agency;
        uint16 kind;
        uint16 outcome;
        bytes32 detail;
        uint40 validFrom;
        uint40 validUntil;
        bytes32 root;
        uint64 size;
        bytes32 salt;
    }

    struct Revocation {
        bytes32 attestation;
        bytes32 member;
        uint16 reason;
    }

    event Entry(
        uint64 indexed number,
        EntryKind indexed kind,
        bytes32 indexed subject,
        uint64 time,
        bytes payload
    );
    event AnchorRepeated(bytes32 indexed root, uint64 size, uint64 number);

    // council
    function changeCouncil(bytes[] calldata members, uint16 threshold, uint64 decision, Endorsement[] calldata endorsements) external;
    function enrolAgency(bytes16 agency, string calldata name, bytes2 jurisdiction, string calldata uri, uint64 decision, Endorsement[] calldata endorsements) external;
    function suspendAgency(bytes16 agency, uint64 decision, Endorsement[] calldata endorsements) external;
    function reinstateAgency(bytes16 agency, uint64 decision, Endorsement[] calldata endorsements) external;
    function authoriseAttester(bytes calldata attester, bytes16 agency, uint64 decision, Endorsement[] calldata endorsements) external;
    function retireAttester(bytes calldata attester, uint64 decision, Endorsement[] calldata endorsements) external;
    function declareCompromised(bytes calldata attester, uint40 since, uint64 decision, Endorsement[] calldata endorsements) external;
    function grantMandate(bytes16 agency, uint16 kind, uint40 from, uint40 until, uint64 decision, Endorsement[] calldata endorsements) external;
    function withdrawMandate(bytes16 agency, uint16 kind, uint64 decision, Endorsement[] calldata endorsements) external;

    // ledger
    function anchor(bytes32 root, uint64 size) external returns (uint64 number);
    function attest(Attestation calldata attestation, bytes calldata signer, bytes calldata signature) external returns (bytes32 id);
    function revoke(Revocation calldata revocation, bytes calldata signer, bytes calldata signature) external;
    function withdraw(Declaration calldata declaration, Withdrawal calldata withdrawal, bytes calldata signature) external;

    // queries: see docs/formats.md section 5
    function head() external view returns (bytes32);
    function size() external view returns (uint64);
    function decisions() external view returns (uint64);
    function council() external view returns (bytes[] memory members, uint16 threshold);
    function p256Verifier() external view returns (address);
    function agency(bytes16 id) external view returns (string memory name, bytes2 jurisdiction, string memory uri, bool active);
    function attester(bytes calldata signer) external view returns (bytes16 agency, uint40 from, uint40 until, uint40 compromisedFrom);
    function mayAttest(bytes calldata signer, uint16 kind, uint40 at) external view returns (bool);
    function anchored(bytes32 root, uint64 size) external view returns (uint64 number, uint40 time);
    function declarationAnchored(bytes32 declaration, uint64 index, bytes32 root, uint64 size, bytes32[] calldata proof) external view returns (uint64 number, uint40 time);
    function attested(bytes32 id) external view returns (uint64 number, uint40 time, uint40 validFrom, uint40 validUntil, uint40 revokedAt, bytes memory signer);
    function inForce(bytes32 id, bytes32 member) external view returns (bool);
    function inForceAt(bytes32 id, bytes32 member, uint40 at) external view returns (bool);
    function withdrawn(bytes32 declaration) external view returns (uint64 number, uint40 time);
    function declarationId(Declaration calldata declaration) external view returns (bytes32);
    function attestationId(Attestation calldata attestation) external view returns (bytes32);
    function revocationId(Revocation calldata revocation) external view returns (bytes32);
    function withdrawalId(Withdrawal calldata withdrawal) external view returns (bytes32);
}
