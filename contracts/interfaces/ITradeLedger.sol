// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC5267} from "@openzeppelin/contracts/interfaces/IERC5267.sol";

// Parameters may be called as queries are: an interface has no bodies in which one could be taken for the other.
// slither-disable-start shadowing-local

/// @title Trade ledger: anchors declarations, records what agencies attest and what was revoked or withdrawn
/// @notice One immutable, append-only contract. It never looks at who sends a transaction, only at who signed the
/// statement; so any relayer may carry anybody's words, and nobody who speaks here needs coins.
///
/// Every accepted write makes one numbered {Entry} that is folded into {head}. Nothing is ever edited or deleted.
///
/// Conventions
/// - Times are seconds since 1970 (UTC), periods half-open: `from <= t < until`. No end, and never, is `2^40 - 1`.
/// - A signer is ERC-7913 bytes, 20 to 128 of them: an address (key, or ERC-1271 wallet), or the address of a verifier
///   contract followed by a key. P-256 keys are `p256Verifier() ‖ x ‖ y`, their signatures `r ‖ s` with low s. No
///   signature has more than 1,024 bytes.
/// - The id of a statement is its EIP-712 digest under this contract's domain ("TradeLedger", "1"): what is signed and
///   what names it are one value.
/// - Queries that describe something revert where there is nothing to describe; queries that ask whether something is
///   so answer no: `false`, or number 0 (entry 0 is always the first council, so 0 is free to mean "none").
/// - Every error carries what was refused; the checks of a function are made in the order in which it lists its errors.
/// @dev Byte formats and rules: docs/formats.md, sections 1 and 3 to 5. Storage and gas: docs/adr/0001.
interface ITradeLedger is IERC5267 {
    /// @notice What an entry records; the numbers are part of the entry's hash.
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

    /// @notice One council member's signature on a resolution.
    /// @param signer the member, ERC-7913
    /// @param signature over the resolution's id
    struct Endorsement {
        bytes signer;
        bytes signature;
    }

    /// @notice "This digest, of this document type, is mine, replacing that one." Signed by the party.
    /// @param party the signer who declares, ERC-7913
    /// @param digest RFC 9162 root over the document's salted fields
    /// @param documentType UNCL 1001: 929 import declaration, 380 invoice, 861 certificate of origin, ...
    /// @param replaces id of the declaration that this one replaces, or zero
    struct Declaration {
        bytes party;
        bytes32 digest;
        uint16 documentType;
        bytes32 replaces;
    }

    /// @notice The party ends its declaration.
    /// @param declaration id of the declaration
    /// @param reason UNCL 1225: 1 cancellation, 5 replace
    /// @param replacement id of the declaration that takes its place, or zero
    struct Withdrawal {
        bytes32 declaration;
        uint16 reason;
        bytes32 replacement;
    }

    /// @notice An agency's statement about a set of declarations; one declaration is a set of one.
    /// @param agency code of the agency that speaks
    /// @param kind UNCL 1001 type of the document that this amounts to: 851 phytosanitary certificate, ...
    /// @param outcome UNCL 7365 where `kind` is a customs notice, UNCL 1373 elsewhere
    /// @param detail digest of the agency's own document, or zero
    /// @param validFrom first second of validity
    /// @param validUntil first second after validity
    /// @param root RFC 9162 root over the declarations' ids
    /// @param size number of declarations under the root
    /// @param salt keeps two otherwise equal attestations apart
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

    /// @notice An agency ends an attestation, or one member of its set, from now on and for good.
    /// @param attestation id of the attestation
    /// @param member id of one declaration of the set, or zero for the whole set
    /// @param reason UNCL 1373: 41 validity revoked, 42 in error
    struct Revocation {
        bytes32 attestation;
        bytes32 member;
        uint16 reason;
    }

    // ------------------------------------------------------------------------------------------------------- events

    /// @notice One numbered fact. The log is the entry: its bytes are `number ‖ uint8(kind) ‖ time ‖ payload`.
    /// @param number position in the history, from 0, without gaps
    /// @param kind what the entry records
    /// @param subject what it is about: the agency's code, keccak256 of the attester, or the id or root concerned
    /// @param time block time
    /// @param payload standard ABI encoding of the function's arguments, in their order
    event Entry(
        uint64 indexed number,
        EntryKind indexed kind,
        bytes32 indexed subject,
        uint64 time,
        bytes payload
    );

    /// @notice A root and size arrived again; the first anchor stays and no entry was made.
    /// @param root of the batch
    /// @param size of the batch
    /// @param number of the entry that anchored it first
    event AnchorRepeated(bytes32 indexed root, uint64 size, uint64 number);

    // ------------------------------------------------------------------------------------------------------- errors

    /// @notice A signer is 20 to 128 bytes.
    error SignerMalformed(uint256 length);
    /// @notice An agency's code is 1 to 16 characters of `A-Z 0-9 -`, padded with zero bytes.
    error AgencyCodeMalformed(bytes16 agency);
    /// @notice A jurisdiction is two letters `A-Z` (ISO 3166-1 alpha-2).
    error JurisdictionMalformed(bytes2 jurisdiction);
    /// @notice A text is 1 to `limit` bytes of well-formed UTF-8.
    error TextMalformed(uint256 length, uint256 limit);
    /// @notice A period ends after it begins, and does not lie in the past.
    error PeriodMalformed(uint40 from, uint40 until, uint40 now_);
    /// @notice A set has a root and at least one member.
    error SetMalformed(bytes32 root, uint64 size);

    /// @notice A signature has at most 1,024 bytes, whoever would take it.
    error SignatureTooLong(uint256 length);
    /// @notice `signer` did not sign `digest`.
    error SignatureMismatch(bytes signer, bytes32 digest);

    /// @notice The next council resolution has another number.
    error ResolutionNumberMismatch(uint64 expected, uint64 given);
    /// @notice Fewer endorsements than the council's threshold.
    error QuorumMissing(uint256 needed, uint256 given);
    /// @notice Endorsements ascend by keccak256 of their signers, each once.
    error EndorsementsUnordered();
    /// @notice The endorsement is by somebody who does not sit in the council.
    error CouncilMemberUnknown(bytes signer);
    /// @notice A council has 1 to 32 members and a threshold from 1 to their number.
    error CouncilMalformed(uint256 members, uint16 threshold);
    /// @notice A member is named twice.
    error CouncilMemberRepeated(bytes signer);

    /// @notice No agency has this code.
    error AgencyUnknown(bytes16 agency);
    /// @notice An agency is enrolled once.
    error AgencyAlreadyEnrolled(bytes16 agency);
    /// @notice The agency is suspended.
    error AgencyNotActive(bytes16 agency);
    /// @notice Only a suspended agency can be reinstated.
    error AgencyNotSuspended(bytes16 agency);

    /// @notice The signer was never authorised.
    error AttesterUnknown(bytes signer);
    /// @notice A signer becomes attester once; give the officer a new key.
    error AttesterAlreadyAuthorised(bytes signer);
    /// @notice The attester is retired: it spoke from `from` until `until`.
    error AttesterNotActive(bytes signer, uint40 from, uint40 until);
    /// @notice The attester is declared compromised since `since`.
    error AttesterDeclaredCompromised(bytes signer, uint40 since);
    /// @notice A compromise date lies at or before now.
    error CompromiseInFuture(uint40 since, uint40 now_);
    /// @notice A compromise date can only be moved to an earlier one.
    error CompromiseNotEarlier(uint40 since, uint40 known);
    /// @notice The attester speaks for `actual`, not for `stated`.
    error AgencyMismatch(bytes signer, bytes16 stated, bytes16 actual);

    /// @notice The agency has no mandate for this kind now, or none left to withdraw.
    error MandateMissing(bytes16 agency, uint16 kind);
    /// @notice The latest period of this mandate lasts until `until`; a new one begins then or later.
    error MandateOverlaps(bytes16 agency, uint16 kind, uint40 until);

    /// @notice The attestation is in the history already.
    error AttestationAlreadyRecorded(bytes32 id, uint64 number);
    /// @notice No such attestation.
    error AttestationUnknown(bytes32 id);
    /// @notice The attestation, or this member of it, is revoked already.
    error AttestationAlreadyRevoked(bytes32 id, bytes32 member);
    /// @notice The withdrawal names `stated`, the declaration's id is `actual`.
    error DeclarationMismatch(bytes32 stated, bytes32 actual);
    /// @notice A declaration cannot be replaced by itself.
    error DeclarationReplacesItself(bytes32 declaration);
    /// @notice The declaration is withdrawn already, by entry `number`.
    error DeclarationAlreadyWithdrawn(bytes32 declaration, uint64 number);

    /// @notice This root with this size was never anchored.
    error BatchNotAnchored(bytes32 root, uint64 size);
    /// @notice The proof does not show that the declaration is number `index` of `size` under `root`.
    error DeclarationNotIncluded(bytes32 declaration, uint64 index, bytes32 root, uint64 size);

    // ------------------------------------------------------------------------------------------------------ council
    //
    // Every function here carries out one council resolution. It takes `resolution`, which is resolutions() + 1, and
    // `endorsements`: signatures by at least the threshold of members over the resolution's EIP-712 digest, ascending by
    // keccak256(signer). All of them revert with ResolutionNumberMismatch, QuorumMissing, EndorsementsUnordered, CouncilMemberUnknown,
    // SignatureTooLong and SignatureMismatch, in this order, before the errors listed with the function.

    /// @notice Seat a new council; the old one decides.
    /// @dev Reverts with CouncilMalformed, SignerMalformed, CouncilMemberRepeated. Whoever signs for a council that cannot sign
    /// ends all further resolutions: nobody else can make one.
    /// @param members 1 to 32 signers
    /// @param threshold endorsements that a resolution needs
    /// @param resolution number of this resolution
    /// @param endorsements of the council that is replaced
    function changeCouncil(
        bytes[] calldata members,
        uint16 threshold,
        uint64 resolution,
        Endorsement[] calldata endorsements
    ) external;

    /// @notice Enrol an agency; it is active from now on, without attesters and mandates.
    /// @dev Reverts with AgencyCodeMalformed, TextMalformed (name, then uri), JurisdictionMalformed, AgencyAlreadyEnrolled.
    /// @param agency code: `A-Z 0-9 -`, at most 16, zero-padded, jurisdiction first: "NZ-MPI"
    /// @param name 1 to 128 bytes of UTF-8
    /// @param jurisdiction ISO 3166-1 alpha-2
    /// @param uri 1 to 256 bytes of UTF-8: where the agency says more about itself
    /// @param resolution number of this resolution
    /// @param endorsements of the council
    function enrolAgency(
        bytes16 agency,
        string calldata name,
        bytes2 jurisdiction,
        string calldata uri,
        uint64 resolution,
        Endorsement[] calldata endorsements
    ) external;

    /// @notice Suspend an agency: none of its attesters may attest or revoke until it is reinstated. What they
    /// attested before stays in force.
    /// @dev Reverts with AgencyUnknown, AgencyNotActive.
    /// @param agency code
    /// @param resolution number of this resolution
    /// @param endorsements of the council
    function suspendAgency(bytes16 agency, uint64 resolution, Endorsement[] calldata endorsements) external;

    /// @notice End an agency's suspension.
    /// @dev Reverts with AgencyUnknown, AgencyNotSuspended.
    /// @param agency code
    /// @param resolution number of this resolution
    /// @param endorsements of the council
    function reinstateAgency(bytes16 agency, uint64 resolution, Endorsement[] calldata endorsements) external;

    /// @notice Let a key speak for an agency from now on.
    /// @dev Reverts with SignerMalformed, AgencyUnknown, AttesterAlreadyAuthorised.
    /// @param attester signer that was never authorised before
    /// @param agency code
    /// @param resolution number of this resolution
    /// @param endorsements of the council
    function authoriseAttester(
        bytes calldata attester,
        bytes16 agency,
        uint64 resolution,
        Endorsement[] calldata endorsements
    ) external;

    /// @notice An attester no longer speaks, from now on and for good. What it attested before stays in force.
    /// @dev Reverts with AttesterUnknown, AttesterNotActive.
    /// @param attester signer
    /// @param resolution number of this resolution
    /// @param endorsements of the council
    function retireAttester(bytes calldata attester, uint64 resolution, Endorsement[] calldata endorsements) external;

    /// @notice An attester's key was in wrong hands: whatever it attested at or after `since` is not in force, and it
    /// never speaks again.
    /// @dev Reverts with AttesterUnknown, CompromiseInFuture, CompromiseNotEarlier.
    /// @param attester signer, also a retired one
    /// @param since at or before now; a later declaration may only name an earlier date
    /// @param resolution number of this resolution
    /// @param endorsements of the council
    function declareCompromised(
        bytes calldata attester,
        uint40 since,
        uint64 resolution,
        Endorsement[] calldata endorsements
    ) external;

    /// @notice Let an agency make attestations of one kind during a period.
    /// @dev Reverts with AgencyUnknown, PeriodMalformed, MandateOverlaps.
    /// @param agency code
    /// @param kind UNCL 1001
    /// @param from now or later; 0 means now
    /// @param until after `from`; 2^40 - 1 is no end
    /// @param resolution number of this resolution
    /// @param endorsements of the council
    function grantMandate(
        bytes16 agency,
        uint16 kind,
        uint40 from,
        uint40 until,
        uint64 resolution,
        Endorsement[] calldata endorsements
    ) external;

    /// @notice End a mandate now: the period that runs, and every one that was to come. What was attested under it
    /// stays in force.
    /// @dev Reverts with AgencyUnknown, MandateMissing.
    /// @param agency code
    /// @param kind UNCL 1001
    /// @param resolution number of this resolution
    /// @param endorsements of the council
    function withdrawMandate(
        bytes16 agency,
        uint16 kind,
        uint64 resolution,
        Endorsement[] calldata endorsements
    ) external;

    // ------------------------------------------------------------------------------------------------------- ledger

    /// @notice Write down a batch of declarations. Anybody may; the first anchor of a root and size stays, and a repeat
    /// returns its number, emits {AnchorRepeated} and changes nothing.
    /// @dev Reverts with SetMalformed.
    /// @param root RFC 9162 root over the declarations' ids, not zero
    /// @param size number of declarations, not zero
    /// @return number of the entry that anchored this batch first
    function anchor(bytes32 root, uint64 size) external returns (uint64 number);

    /// @notice Record an attestation that an agency's attester signed. Anybody may relay it; there is no nonce, so
    /// attestations arrive in any order.
    /// @dev Reverts with SetMalformed, PeriodMalformed (`validUntil` must lie after `validFrom` and after now),
    /// AttestationAlreadyRecorded, AttesterUnknown, AgencyMismatch, AttesterDeclaredCompromised, AttesterNotActive, AgencyNotActive,
    /// MandateMissing, SignatureTooLong, SignatureMismatch. Who may speak is judged now, not when it was signed.
    /// @param attestation what is said
    /// @param signer the attester
    /// @param signature by the attester over the attestation's id
    /// @return id of the attestation
    function attest(
        Attestation calldata attestation,
        bytes calldata signer,
        bytes calldata signature
    ) external returns (bytes32 id);

    /// @notice End an attestation, or one member of its set, from now on and for good. Any attester who now speaks
    /// for the same agency may; no mandate is needed.
    /// @dev Reverts with AttestationUnknown, AttesterUnknown, AttesterDeclaredCompromised, AttesterNotActive,
    /// AgencyNotActive, AgencyMismatch, AttestationAlreadyRevoked, SignatureTooLong, SignatureMismatch. Whether `member` belongs to the set
    /// is not looked at: revoking a stranger touches nobody.
    /// @param revocation what is ended, and why
    /// @param signer the attester
    /// @param signature by the attester over the revocation's id
    function revoke(Revocation calldata revocation, bytes calldata signer, bytes calldata signature) external;

    /// @notice End a declaration from now on and for good. The declaration need not be anchored.
    /// @dev Reverts with SignerMalformed (the party), DeclarationMismatch, DeclarationReplacesItself, DeclarationAlreadyWithdrawn,
    /// SignatureTooLong, SignatureMismatch.
    /// @param declaration what was declared, in full
    /// @param withdrawal what ends it
    /// @param signature by the declaration's party over the withdrawal's id
    function withdraw(
        Declaration calldata declaration,
        Withdrawal calldata withdrawal,
        bytes calldata signature
    ) external;

    // ------------------------------------------------------------------------------------------ queries: the history

    /// @notice Running hash over all entries: `SHA-256(0x01 ‖ head before ‖ entry hash)` after each, beginning with the
    /// EIP-712 domain separator. It binds every entry; entry by number is answered by the log (topic `number`).
    function head() external view returns (bytes32);

    /// @notice Number of entries, which is the number of the next one.
    function size() external view returns (uint64);

    // ------------------------------------------------------------------------------------------ queries: who may speak

    /// @notice Number of council resolutions since the first council; the next one carries `resolutions() + 1`.
    function resolutions() external view returns (uint64);

    /// @notice The council that decides now.
    /// @return members signers
    /// @return threshold endorsements that a resolution needs
    function council() external view returns (bytes[] memory members, uint16 threshold);

    /// @notice The ERC-7913 verifier for P-256 keys, made by this contract's constructor.
    function p256Verifier() external view returns (address);

    /// @notice An agency as it was enrolled, and whether it is active now.
    /// @dev Reverts with AgencyUnknown.
    /// @param id code
    /// @return name UTF-8
    /// @return jurisdiction ISO 3166-1 alpha-2
    /// @return uri UTF-8
    /// @return active not suspended
    function agency(
        bytes16 id
    ) external view returns (string memory name, bytes2 jurisdiction, string memory uri, bool active);

    /// @notice An attester and its time.
    /// @dev Reverts with AttesterUnknown.
    /// @param signer ERC-7913
    /// @return agency code of the agency that it speaks for
    /// @return from when it was authorised
    /// @return until when it was retired; 2^40 - 1 while it was not
    /// @return compromisedFrom since when it is declared compromised; 2^40 - 1 when it is not
    function attester(
        bytes calldata signer
    ) external view returns (bytes16 agency, uint40 from, uint40 until, uint40 compromisedFrom);

    /// @notice Does an agency hold a mandate for a kind at a time?
    /// @param agency code
    /// @param kind UNCL 1001
    /// @param time past, now or later, by what has been decided so far
    function mandated(bytes16 agency, uint16 kind, uint40 time) external view returns (bool);

    /// @notice May this signer make attestations of this kind at a time: attester then, not compromised from then or
    /// before, its agency active then, and mandated then?
    /// @param signer ERC-7913
    /// @param kind UNCL 1001
    /// @param time past, now or later, by what has been decided so far
    function mayAttest(bytes calldata signer, uint16 kind, uint40 time) external view returns (bool);

    // --------------------------------------------------------------------------------------- queries: what was written

    /// @notice When was this batch anchored first?
    /// @param root of the batch
    /// @param size of the batch
    /// @return number of the entry, 0 for never
    /// @return time of the entry
    function anchored(bytes32 root, uint64 size) external view returns (uint64 number, uint40 time);

    /// @notice When was the batch that provably holds this declaration anchored first?
    /// @dev Reverts with BatchNotAnchored, DeclarationNotIncluded.
    /// @param declaration id
    /// @param index position in the batch, from 0
    /// @param root of the batch
    /// @param size of the batch
    /// @param proof audit path, deepest first (RFC 9162 section 2.1.3.1)
    /// @return number of the entry
    /// @return time of the entry
    function declarationAnchored(
        bytes32 declaration,
        uint64 index,
        bytes32 root,
        uint64 size,
        bytes32[] calldata proof
    ) external view returns (uint64 number, uint40 time);

    /// @notice An attestation as it was recorded. This alone says nothing about being in force: see {inForce}.
    /// @param id of the attestation
    /// @return number of the entry, 0 for never
    /// @return time of the entry
    /// @return validFrom first second of validity
    /// @return validUntil first second after validity
    /// @return revokedAt when the whole set was revoked; 2^40 - 1 while it is not
    /// @return signer the attester
    function attested(
        bytes32 id
    )
        external
        view
        returns (
            uint64 number,
            uint40 time,
            uint40 validFrom,
            uint40 validUntil,
            uint40 revokedAt,
            bytes memory signer
        );

    /// @notice When did an attestation end for a member of its set, by its own revocation or by that of the whole?
    /// @param id of the attestation
    /// @param member declaration id, or zero for the whole set
    /// @return when it ended; 2^40 - 1 while it did not
    function revokedAt(bytes32 id, bytes32 member) external view returns (uint40);

    /// @notice Is an attestation in force now? See {inForceAt}.
    /// @param id of the attestation
    /// @param member declaration id, or zero for the whole set
    function inForce(bytes32 id, bytes32 member) external view returns (bool);

    /// @notice Is an attestation in force at a time: attested by then, valid then, neither the whole set nor the member
    /// revoked by then, and its attester not declared compromised from the time of the attestation or before?
    /// @dev That `member` belongs to the set is taken for granted; {declarationInForceAt} has it proven.
    /// @param id of the attestation
    /// @param member declaration id, or zero for the whole set
    /// @param time past, now or later, by what is known so far
    function inForceAt(bytes32 id, bytes32 member, uint40 time) external view returns (bool);

    /// @notice {inForceAt} for a declaration that provably belongs to the attested set.
    /// @dev Reverts with DeclarationNotIncluded.
    /// @param attestation in full
    /// @param declaration id
    /// @param index position in the set, from 0
    /// @param proof audit path, deepest first (RFC 9162 section 2.1.3.1)
    /// @param time past, now or later, by what is known so far
    function declarationInForceAt(
        Attestation calldata attestation,
        bytes32 declaration,
        uint64 index,
        bytes32[] calldata proof,
        uint40 time
    ) external view returns (bool);

    /// @notice When was this declaration withdrawn?
    /// @param declaration id
    /// @return number of the entry, 0 for never
    /// @return time of the entry
    function withdrawn(bytes32 declaration) external view returns (uint64 number, uint40 time);

    // ---------------------------------------------------------------------------------------------------- queries: ids

    /// @notice EIP-712 digest of a declaration: what its party signs, and the leaf data in a batch.
    /// @param declaration in full
    function declarationId(Declaration calldata declaration) external view returns (bytes32);

    /// @notice EIP-712 digest of an attestation: what its attester signs.
    /// @param attestation in full
    function attestationId(Attestation calldata attestation) external view returns (bytes32);

    /// @notice EIP-712 digest of a revocation: what its attester signs.
    /// @param revocation in full
    function revocationId(Revocation calldata revocation) external view returns (bytes32);

    /// @notice EIP-712 digest of a withdrawal: what its party signs.
    /// @param withdrawal in full
    function withdrawalId(Withdrawal calldata withdrawal) external view returns (bytes32);
}

// slither-disable-end shadowing-local
