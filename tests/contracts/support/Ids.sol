// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ITradeLedger} from "../../../contracts/interfaces/ITradeLedger.sol";

/// @notice EIP-712 digests, computed a second time from docs/formats.md section 3 alone. So the tests find a mistake in
/// the contract's own type strings and encodings.
contract Ids {
    bytes32 public immutable domain;

    /// @param salt hash of entry 0
    constructor(address ledger, bytes32 salt) {
        domain = keccak256(
            abi.encode(
                keccak256(
                    "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract,bytes32 salt)"
                ),
                keccak256("TradeLedger"),
                keccak256("1"),
                block.chainid,
                ledger,
                salt
            )
        );
    }

    function declaration(ITradeLedger.Declaration memory d) external view returns (bytes32) {
        bytes32 t = keccak256("Declaration(bytes party,bytes32 digest,uint16 documentType,bytes32 replaces)");
        return _id(abi.encode(t, keccak256(d.party), d.digest, d.documentType, d.replaces));
    }

    function withdrawal(ITradeLedger.Withdrawal memory w) external view returns (bytes32) {
        bytes32 t = keccak256("Withdrawal(bytes32 declaration,uint16 reason,bytes32 replacement)");
        return _id(abi.encode(t, w.declaration, w.reason, w.replacement));
    }

    function attestation(ITradeLedger.Attestation memory a) external view returns (bytes32) {
        bytes32 t = keccak256(
            "Attestation(bytes16 agency,uint16 kind,uint16 outcome,bytes32 detail,uint40 validFrom,uint40 validUntil,"
            "bytes32 root,uint64 size,bytes32 salt)"
        );
        bytes memory words = abi.encode(t, a.agency, a.kind, a.outcome, a.detail, a.validFrom, a.validUntil);
        return _id(bytes.concat(words, abi.encode(a.root, a.size, a.salt)));
    }

    function revocation(ITradeLedger.Revocation memory r) external view returns (bytes32) {
        bytes32 t = keccak256("Revocation(bytes32 attestation,bytes32 member,uint16 reason)");
        return _id(abi.encode(t, r.attestation, r.member, r.reason));
    }

    function posting(ITradeLedger.Posting memory p) external view returns (bytes32) {
        bytes32 t = keccak256(
            "Posting(bytes16 agency,bytes32 attestation,bytes32 member,uint32 line,bytes32 from,bytes32 to)"
        );
        return _id(abi.encode(t, p.agency, p.attestation, p.member, p.line, p.from, p.to));
    }

    function councilChange(bytes[] memory members, uint16 threshold, uint64 resolution) external view returns (bytes32) {
        bytes memory hashes = "";
        for (uint256 i = 0; i < members.length; ++i) hashes = bytes.concat(hashes, keccak256(members[i]));
        bytes32 t = keccak256("CouncilChange(bytes[] members,uint16 threshold,uint64 resolution)");
        return _id(abi.encode(t, keccak256(hashes), threshold, resolution));
    }

    function agencyEnrolment(
        bytes16 agency,
        string memory name,
        bytes2 jurisdiction,
        string memory uri,
        uint64 resolution
    ) external view returns (bytes32) {
        bytes32 t = keccak256(
            "AgencyEnrolment(bytes16 agency,string name,bytes2 jurisdiction,string uri,uint64 resolution)"
        );
        bytes32 nameHash = keccak256(bytes(name));
        bytes32 uriHash = keccak256(bytes(uri));
        return _id(abi.encode(t, agency, nameHash, jurisdiction, uriHash, resolution));
    }

    function agencySuspension(bytes16 agency, uint64 resolution) external view returns (bytes32) {
        return _id(abi.encode(keccak256("AgencySuspension(bytes16 agency,uint64 resolution)"), agency, resolution));
    }

    function agencyReinstatement(bytes16 agency, uint64 resolution) external view returns (bytes32) {
        return _id(abi.encode(keccak256("AgencyReinstatement(bytes16 agency,uint64 resolution)"), agency, resolution));
    }

    function attesterAuthorisation(
        bytes memory attester,
        bytes16 agency,
        uint64 resolution
    ) external view returns (bytes32) {
        bytes32 t = keccak256("AttesterAuthorisation(bytes attester,bytes16 agency,uint64 resolution)");
        return _id(abi.encode(t, keccak256(attester), agency, resolution));
    }

    function attesterRetirement(bytes memory attester, uint64 resolution) external view returns (bytes32) {
        bytes32 t = keccak256("AttesterRetirement(bytes attester,uint64 resolution)");
        return _id(abi.encode(t, keccak256(attester), resolution));
    }

    function attesterCompromise(bytes memory attester, uint40 since, uint64 resolution) external view returns (bytes32) {
        bytes32 t = keccak256("AttesterCompromise(bytes attester,uint40 since,uint64 resolution)");
        return _id(abi.encode(t, keccak256(attester), since, resolution));
    }

    function mandateGrant(
        bytes16 agency,
        uint16 kind,
        uint40 from,
        uint40 until,
        uint64 resolution
    ) external view returns (bytes32) {
        bytes32 t = keccak256("MandateGrant(bytes16 agency,uint16 kind,uint40 from,uint40 until,uint64 resolution)");
        return _id(abi.encode(t, agency, kind, from, until, resolution));
    }

    function mandateWithdrawal(bytes16 agency, uint16 kind, uint64 resolution) external view returns (bytes32) {
        bytes32 t = keccak256("MandateWithdrawal(bytes16 agency,uint16 kind,uint64 resolution)");
        return _id(abi.encode(t, agency, kind, resolution));
    }

    function _id(bytes memory words) private view returns (bytes32) {
        return keccak256(abi.encodePacked(hex"1901", domain, keccak256(words)));
    }
}
