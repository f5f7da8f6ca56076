// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ITradeLedger} from "../interfaces/ITradeLedger.sol";

/// @title EIP-712 type hashes and struct hashes of every statement: docs/formats.md section 3
/// @dev In the Python core, eip712.py and statement.py are the twins of this library.
library TypedData {
    bytes32 internal constant DECLARATION =
        keccak256("Declaration(bytes party,bytes32 digest,uint16 documentType,bytes32 replaces)");
    bytes32 internal constant WITHDRAWAL =
        keccak256("Withdrawal(bytes32 declaration,uint16 reason,bytes32 replacement)");
    bytes32 internal constant ATTESTATION =
        keccak256(
            "Attestation(bytes16 agency,uint16 kind,uint16 outcome,bytes32 detail,"
            "uint40 validFrom,uint40 validUntil,bytes32 root,uint64 size,bytes32 salt)"
        );
    bytes32 internal constant REVOCATION = keccak256("Revocation(bytes32 attestation,bytes32 member,uint16 reason)");
    bytes32 internal constant POSTING =
        keccak256(
            "Posting(bytes16 agency,bytes32 attestation,bytes32 member,uint32 line,bytes32 from,bytes32 to)"
        );
    bytes32 internal constant COUNCIL_CHANGE =
        keccak256("CouncilChange(bytes[] members,uint16 threshold,uint64 resolution)");
    bytes32 internal constant AGENCY_ENROLMENT =
        keccak256("AgencyEnrolment(bytes16 agency,string name,bytes2 jurisdiction,string uri,uint64 resolution)");
    bytes32 internal constant AGENCY_SUSPENSION = keccak256("AgencySuspension(bytes16 agency,uint64 resolution)");
    bytes32 internal constant AGENCY_REINSTATEMENT = keccak256("AgencyReinstatement(bytes16 agency,uint64 resolution)");
    bytes32 internal constant ATTESTER_AUTHORISATION =
        keccak256("AttesterAuthorisation(bytes attester,bytes16 agency,uint64 resolution)");
    bytes32 internal constant ATTESTER_RETIREMENT = keccak256("AttesterRetirement(bytes attester,uint64 resolution)");
    bytes32 internal constant ATTESTER_COMPROMISE =
        keccak256("AttesterCompromise(bytes attester,uint40 since,uint64 resolution)");
    bytes32 internal constant MANDATE_GRANT =
        keccak256("MandateGrant(bytes16 agency,uint16 kind,uint40 from,uint40 until,uint64 resolution)");
    bytes32 internal constant MANDATE_WITHDRAWAL =
        keccak256("MandateWithdrawal(bytes16 agency,uint16 kind,uint64 resolution)");

    function declaration(ITradeLedger.Declaration calldata d) internal pure returns (bytes32) {
        return keccak256(abi.encode(DECLARATION, keccak256(d.party), d.digest, d.documentType, d.replaces));
    }

    function withdrawal(ITradeLedger.Withdrawal calldata w) internal pure returns (bytes32) {
        return keccak256(abi.encode(WITHDRAWAL, w));
    }

    /// @dev The ABI encoding of a struct of value types is its members as words, in order. That is encodeData of
    /// EIP-712.
    function attestation(ITradeLedger.Attestation calldata a) internal pure returns (bytes32) {
        return keccak256(abi.encode(ATTESTATION, a));
    }

    function revocation(ITradeLedger.Revocation calldata r) internal pure returns (bytes32) {
        return keccak256(abi.encode(REVOCATION, r));
    }

    function posting(ITradeLedger.Posting calldata p) internal pure returns (bytes32) {
        return keccak256(abi.encode(POSTING, p));
    }

    function councilChange(bytes[] memory members, uint16 threshold, uint64 resolution) internal pure returns (bytes32) {
        bytes32[] memory hashes = new bytes32[](members.length);
        for (uint256 i = 0; i < members.length; ++i) hashes[i] = keccak256(members[i]);
        return keccak256(abi.encode(COUNCIL_CHANGE, keccak256(abi.encodePacked(hashes)), threshold, resolution));
    }

    function agencyEnrolment(
        bytes16 agency,
        string calldata name,
        bytes2 jurisdiction,
        string calldata uri,
        uint64 resolution
    ) internal pure returns (bytes32) {
        return
            keccak256(
                abi.encode(
                    AGENCY_ENROLMENT,
                    agency,
                    keccak256(bytes(name)),
                    jurisdiction,
                    keccak256(bytes(uri)),
                    resolution
                )
            );
    }

    function agencySuspension(bytes16 agency, uint64 resolution) internal pure returns (bytes32) {
        return keccak256(abi.encode(AGENCY_SUSPENSION, agency, resolution));
    }

    function agencyReinstatement(bytes16 agency, uint64 resolution) internal pure returns (bytes32) {
        return keccak256(abi.encode(AGENCY_REINSTATEMENT, agency, resolution));
    }

    function attesterAuthorisation(
        bytes calldata attester,
        bytes16 agency,
        uint64 resolution
    ) internal pure returns (bytes32) {
        return keccak256(abi.encode(ATTESTER_AUTHORISATION, keccak256(attester), agency, resolution));
    }

    function attesterRetirement(bytes calldata attester, uint64 resolution) internal pure returns (bytes32) {
        return keccak256(abi.encode(ATTESTER_RETIREMENT, keccak256(attester), resolution));
    }

    function attesterCompromise(
        bytes calldata attester,
        uint40 since,
        uint64 resolution
    ) internal pure returns (bytes32) {
        return keccak256(abi.encode(ATTESTER_COMPROMISE, keccak256(attester), since, resolution));
    }

    function mandateGrant(
        bytes16 agency,
        uint16 kind,
        uint40 from,
        uint40 until,
        uint64 resolution
    ) internal pure returns (bytes32) {
        return keccak256(abi.encode(MANDATE_GRANT, agency, kind, from, until, resolution));
    }

    function mandateWithdrawal(bytes16 agency, uint16 kind, uint64 resolution) internal pure returns (bytes32) {
        return keccak256(abi.encode(MANDATE_WITHDRAWAL, agency, kind, resolution));
    }
}
