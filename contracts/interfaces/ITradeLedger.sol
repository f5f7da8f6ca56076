// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC5267} from "@openzeppelin/contracts/interfaces/IERC5267.sol";

/// @title Trade ledger: anchors declarations, and records attestations, revocations, withdrawals and postings
/// @notice The contract is immutable and append-only. It never looks at who sends a transaction, only at who signed the
/// statement. So any relayer can deliver any statement, and a signer needs no coins.
///
/// Every accepted write makes one numbered {Entry}, and {head} is a running hash over all entries. No entry is ever
/// edited or deleted.
///
/// Conventions
/// - Times are seconds since 1970 (UTC). Periods are half-open: `from <= t < until`. The time `2^40 - 1` means no end,
///   or never.
/// - A signer is 20 to 128 bytes in the form of ERC-7913: either an address (of a key or of an ERC-1271 wallet), or the
///   address of a verifier contract followed by a key. A P-256 key is `p256Verifier() ‖ x ‖ y`, and its signature is
///   `r ‖ s` with low s. A passkey is `webAuthnVerifier() ‖ x ‖ y`, and its signature is a WebAuthn assertion over the
///   id: `r ‖ s ‖ length n (1) ‖ authenticator data (n) ‖ client data`. A signature has at most 1,024 bytes.
/// - Attesters and council members may be signers of every kind. A party is judged by its key alone: an account key, a
///   P-256 key or a passkey. So a party's signature needs no code but this contract's and its verifiers', and means the
///   same at every later time.
/// - The id of a statement is its EIP-712 digest under this contract's domain: "TradeLedger", "1", chain id, contract,
///   and as salt the hash of entry 0. The signer signs the id, and everybody refers to the statement by the same id. A
///   statement signed for a history that began otherwise has another id here.
/// - A query for a record ({enrolledAgency}, {authorisedAttester}) reverts if there is no such record. A query that asks
///   whether or when something happened answers `false`, number 0, or the time `2^40 - 1` if it did not. Entry 0 is
///   always the first council, so number 0 is free to mean "never".
/// - The name of an error says what it is about, then what is wrong with it. The values explain it. A function makes its
///   checks in the order in which it lists its errors.
/// @dev Byte formats and rules: docs/formats.md, sections 1 and 3 to 5. Storage and gas: docs/adr/0001.
interface ITradeLedger is IERC5267 {
    /// @notice What an entry records. The number of the kind is part of the entry's hash.
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
        Withdrawn,
        Posted
    }

    /// @notice One council member's signature on a resolution.
    /// @param signer the member, as ERC-7913 bytes
    /// @param signature by the member over the resolution's id
    struct Endorsement {
        bytes signer;
        bytes signature;
    }

    /// @notice "This digest, of this document type, is mine, replacing that one." The party signs it.
    /// @param party the signer who declares, as ERC-7913 bytes: an account key, a P-256 key or a passkey
    /// @param digest RFC 9162 root over the document's salted fields
    /// @param documentType UNCL 1001: 929 import declaration, 380 invoice, 861 certificate of origin, ...
    /// @param replaces id of the declaration that this one replaces, or zero
    struct Declaration {
        bytes party;
        bytes32 digest;
        uint16 documentType;
        bytes32 replaces;
    }

    /// @notice A party ends its declaration. The party signs it.
    /// @param declaration id of the declaration
    /// @param reason UNCL 1225: 1 cancelled, 5 replaced
    /// @param replacement id of the declaration that replaces it, or zero
    struct Withdrawal {
        bytes32 declaration;
        uint16 reason;
        bytes32 replacement;
    }

    /// @notice An agency's statement about a set of declarations. One declaration is a set of one. An attester of the
    /// agency signs it.
    /// @param agency code of the agency
    /// @param kind UNCL 1001: the type of document that the attestation amounts to (851 phytosanitary certificate, ...)
    /// @param outcome a code of the list that `kind` decides: UNCL 7365, 4405 or 1373 (docs/formats.md, "Code lists").
    /// The contract takes any
    /// @param detail digest of the agency's own document, or zero
    /// @param validFrom first second of validity
    /// @param validUntil first second after validity
    /// @param root RFC 9162 root over the declarations' ids
    /// @param size number of declarations under the root
    /// @param salt makes two otherwise equal attestations different
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

    /// @notice An agency ends an attestation for its whole set or for one member. It cannot be undone. An attester of
    /// the agency signs it.
    /// @param attestation id of the attestation
    /// @param member id of one declaration of the set, or zero for the whole set
    /// @param reason UNCL 1373: 41 validity revoked, 42 in error
    struct Revocation {
        bytes32 attestation;
        bytes32 member;
        uint16 reason;
    }

    /// @notice A line of a certificate gets its next sheet: goods were written off, reserved, or returned. The contract
    /// sees only hashes of sheets. An attester signs it, of the agency that writes off.
    /// @param agency code of the agency that moves the line
    /// @param attestation id of the attestation that issued the certificate
    /// @param member id of the certificate's declaration, which is a member of the attested set
    /// @param line number of the line on the certificate
    /// @param from hash of the present sheet, or zero to open the line
    /// @param to hash of the next sheet, not zero
    struct Posting {
        bytes16 agency;
        bytes32 attestation;
        bytes32 member;
        uint32 line;
        bytes32 from;
        bytes32 to;
    }

    // ------------------------------------------------------------------------------------------------------- events

    /// @notice One numbered fact. The log is the entry: its bytes are `number ‖ uint8(kind) ‖ time ‖ payload`.
    /// @param number position in the history: 0, 1, 2, ... without gaps
    /// @param kind what the entry records
    /// @param topic for searching the logs: the agency's code, keccak256 of the attester, or the id or root concerned
    /// (of a posting, its member)
    /// @param time block time
    /// @param payload standard ABI encoding of the function's arguments, in their order
    event Entry(uint64 indexed number, EntryKind indexed kind, bytes32 indexed topic, uint64 time, bytes payload);

    /// @notice The batch was anchored before. The first anchor stays, and this call made no entry.
    /// @param root of the batch
    /// @param size of the batch
    /// @param number of the entry that anchored the batch first
    event AnchorRepeated(bytes32 indexed root, uint64 size, uint64 number);

    // ------------------------------------------------------------------------------------------------------- errors

    /// @notice A signer has 20 to 128 bytes.
    error SignerMalformed(uint256 length);
    /// @notice An agency's code is 1 to 16 characters of `A-Z 0-9 -`, padded with zero bytes.
    error AgencyCodeMalformed(bytes16 agency);
    /// @notice A jurisdiction is two letters `A-Z` (ISO 3166-1 alpha-2).
    error JurisdictionMalformed(bytes2 jurisdiction);
    /// @notice A text is 1 to `limit` bytes of well-formed UTF-8.
    error TextMalformed(uint256 length, uint256 limit);
    /// @notice A period ends after it begins and after the block time `time`. The period of a mandate also begins at
    /// the block time or later.
    error PeriodMalformed(uint40 from, uint40 until, uint40 time);
    /// @notice A set has at least one member, and its root is not zero.
    error SetMalformed(bytes32 root, uint64 size);
    /// @notice A posting moves a line to another sheet, whose hash is not zero.
    error PostingMalformed(bytes32 from, bytes32 to);
    /// @notice A council has 1 to 32 members, and a threshold from 1 to the number of members.
    error CouncilMalformed(uint256 members, uint16 threshold);

    /// @notice A signature of any kind has at most `limit` bytes.
    error SignatureTooLong(uint256 length, uint256 limit);
    /// @notice The signature does not show that `signer` signed `digest`.
    error SignatureMismatch(bytes signer, bytes32 digest);

    /// @notice The next council resolution has the number `expected`.
    error ResolutionNumberMismatch(uint64 expected, uint64 given);
    /// @notice The council's threshold is `needed` endorsements.
    error QuorumMissing(uint256 needed, uint256 given);
    /// @notice Endorsements ascend by keccak256 of their signers, without repeats. `signer` is the first that does not.
    error EndorsementsUnordered(bytes signer);
    /// @notice The signer of an endorsement is not a member of the council.
    error CouncilMemberUnknown(bytes signer);
    /// @notice The new council names this member twice.
    error CouncilMemberRepeated(bytes signer);

    /// @notice No agency with this code is enrolled.
    error AgencyUnknown(bytes16 agency);
    /// @notice An agency can be enrolled only once.
    error AgencyAlreadyEnrolled(bytes16 agency);
    /// @notice The agency has been suspended since `since`.
    error AgencyNotActive(bytes16 agency, uint40 since);
    /// @notice Only a suspended agency can be reinstated.
    error AgencyNotSuspended(bytes16 agency);
    /// @notice The statement needs an attester of the agency `stated`, but the signer speaks for the agency `actual`.
    error AgencyMismatch(bytes signer, bytes16 stated, bytes16 actual);

    /// @notice The signer was never authorised as an attester.
    error AttesterUnknown(bytes signer);
    /// @notice The signer was authorised before, for `agency`. A signer can be authorised only once: use a new key.
    error AttesterAlreadyAuthorised(bytes signer, bytes16 agency);
    /// @notice The attester is retired. It spoke for its agency from `from` until `until`.
    error AttesterNotActive(bytes signer, uint40 from, uint40 until);
    /// @notice The attester is declared compromised since `since`.
    error AttesterDeclaredCompromised(bytes signer, uint40 since);
    /// @notice A compromise date is not later than the block time `time`.
    error CompromiseInFuture(uint40 since, uint40 time);
    /// @notice A new compromise date is earlier than the one that is recorded, `known`.
    error CompromiseNotEarlier(uint40 since, uint40 known);

    /// @notice The agency has no mandate for this kind now, or no mandate that could be withdrawn.
    error MandateMissing(bytes16 agency, uint16 kind);
    /// @notice The latest period of this mandate ends at `until`. A new period begins then or later.
    error MandateOverlaps(bytes16 agency, uint16 kind, uint40 until);

    /// @notice No attestation with this id is recorded.
    error AttestationUnknown(bytes32 id);
    /// @notice The attestation is recorded already, as entry `number`.
    error AttestationAlreadyRecorded(bytes32 id, uint64 number);
    /// @notice The attestation is revoked already, for this member or for the whole set.
    error AttestationAlreadyRevoked(bytes32 id, bytes32 member);

    /// @notice The line has the sheet `current`, and not the one from which the posting moves: somebody posted first.
    error SheetStale(bytes32 attestation, bytes32 member, uint32 line, bytes32 current);

    /// @notice The withdrawal names the declaration `stated`, but comes with the declaration `actual`.
    error DeclarationMismatch(bytes32 stated, bytes32 actual);
    /// @notice A declaration cannot be replaced by itself.
    error DeclarationReplacesItself(bytes32 declaration);
    /// @notice The declaration is withdrawn already, by entry `number`.
    error DeclarationAlreadyWithdrawn(bytes32 declaration, uint64 number);
    /// @notice The proof does not show that the declaration is number `index` of `size` under `root`.
    error DeclarationNotIncluded(bytes32 declaration, uint64 index, bytes32 root, uint64 size);
    /// @notice No batch with this root and size was anchored.
    error BatchNotAnchored(bytes32 root, uint64 size);

    // ------------------------------------------------------------------------------------------------------ council
    //
    // Each function of this section enacts one council resolution. Its last two arguments are `resolution`, the number
    // of the resolution, which is resolutions() + 1, and `endorsements`: signatures over the resolution's EIP-712
    // digest by at least the threshold of council members, in ascending order of keccak256(signer). All of these
    // functions revert with ResolutionNumberMismatch, QuorumMissing, EndorsementsUnordered, CouncilMemberUnknown,
    // SignatureTooLong and SignatureMismatch, in this order, before the errors that are listed with the function.

    /// @notice Replace the council. The council that is replaced endorses the resolution.
    /// @dev Reverts with CouncilMalformed, SignerMalformed, CouncilMemberRepeated. There is no way back from a council
    /// whose members cannot sign: all resolutions need its endorsements.
    /// @param members 1 to 32 signers
    /// @param threshold endorsements that a resolution needs
    /// @param resolution number of this resolution
    /// @param endorsements by the council that is replaced
    function changeCouncil(
        bytes[] calldata members,
        uint16 threshold,
        uint64 resolution,
        Endorsement[] calldata endorsements
    ) external;

    /// @notice Enrol an agency. It is active from now on, and has no attesters and no mandates yet.
    /// @dev Reverts with AgencyCodeMalformed, TextMalformed (name, then uri), JurisdictionMalformed,
    /// AgencyAlreadyEnrolled.
    /// @param agency code of 1 to 16 characters `A-Z 0-9 -`, padded with zero bytes, jurisdiction first: "NZ-MPI"
    /// @param name 1 to 128 bytes of UTF-8
    /// @param jurisdiction ISO 3166-1 alpha-2
    /// @param uri where the agency describes itself, 1 to 256 bytes of UTF-8
    /// @param resolution number of this resolution
    /// @param endorsements by the council
    function enrolAgency(
        bytes16 agency,
        string calldata name,
        bytes2 jurisdiction,
        string calldata uri,
        uint64 resolution,
        Endorsement[] calldata endorsements
    ) external;

    /// @notice Suspend an agency: its attesters may not attest or revoke until the agency is reinstated. Attestations
    /// that they made before stay in force.
    /// @dev Reverts with AgencyUnknown, AgencyNotActive.
    /// @param agency code
    /// @param resolution number of this resolution
    /// @param endorsements by the council
    function suspendAgency(bytes16 agency, uint64 resolution, Endorsement[] calldata endorsements) external;

    /// @notice End the suspension of an agency.
    /// @dev Reverts with AgencyUnknown, AgencyNotSuspended.
    /// @param agency code
    /// @param resolution number of this resolution
    /// @param endorsements by the council
    function reinstateAgency(bytes16 agency, uint64 resolution, Endorsement[] calldata endorsements) external;

    /// @notice Authorise a key to speak for an agency from now on.
    /// @dev Reverts with SignerMalformed, AgencyUnknown, AttesterAlreadyAuthorised.
    /// @param attester a signer that was never authorised before
    /// @param agency code
    /// @param resolution number of this resolution
    /// @param endorsements by the council
    function authoriseAttester(
        bytes calldata attester,
        bytes16 agency,
        uint64 resolution,
        Endorsement[] calldata endorsements
    ) external;

    /// @notice Retire an attester: it no longer speaks for its agency. It cannot be undone. Attestations that it made
    /// before stay in force.
    /// @dev Reverts with AttesterUnknown, AttesterNotActive.
    /// @param attester signer
    /// @param resolution number of this resolution
    /// @param endorsements by the council
    function retireAttester(bytes calldata attester, uint64 resolution, Endorsement[] calldata endorsements) external;

    /// @notice Declare that somebody else may have used an attester's key since `since`. Attestations that it made at
    /// or after that time are not in force, and it can never attest or revoke again.
    /// @dev Reverts with AttesterUnknown, CompromiseInFuture, CompromiseNotEarlier.
    /// @param attester signer; it may be retired
    /// @param since a time that is not in the future; a second declaration must name an earlier time than the first
    /// @param resolution number of this resolution
    /// @param endorsements by the council
    function declareCompromised(
        bytes calldata attester,
        uint40 since,
        uint64 resolution,
        Endorsement[] calldata endorsements
    ) external;

    /// @notice Mandate an agency to make attestations of one kind during a period.
    /// @dev Reverts with AgencyUnknown, PeriodMalformed, MandateOverlaps.
    /// @param agency code
    /// @param kind UNCL 1001
    /// @param from now or later; 0 means now
    /// @param until after `from`; 2^40 - 1 means no end
    /// @param resolution number of this resolution
    /// @param endorsements by the council
    function grantMandate(
        bytes16 agency,
        uint16 kind,
        uint40 from,
        uint40 until,
        uint64 resolution,
        Endorsement[] calldata endorsements
    ) external;

    /// @notice Withdraw a mandate now: the current period, and every period that was still to come. Attestations that
    /// were made under it stay in force.
    /// @dev Reverts with AgencyUnknown, MandateMissing.
    /// @param agency code
    /// @param kind UNCL 1001
    /// @param resolution number of this resolution
    /// @param endorsements by the council
    function withdrawMandate(
        bytes16 agency,
        uint16 kind,
        uint64 resolution,
        Endorsement[] calldata endorsements
    ) external;

    // ------------------------------------------------------------------------------------------------------- ledger

    /// @notice Anchor a batch of declarations. Anybody may. The first anchor of a root and size stays: a repeated call
    /// returns the number of the first, emits {AnchorRepeated} and changes nothing.
    /// @dev Reverts with SetMalformed.
    /// @param root RFC 9162 root over the declarations' ids, not zero
    /// @param size number of declarations, not zero
    /// @return number of the entry that anchored this batch first
    function anchor(bytes32 root, uint64 size) external returns (uint64 number);

    /// @notice Record an attestation that an agency's attester signed. Anybody may relay it. There is no nonce, so
    /// attestations can arrive in any order. The attester needs its authority when the attestation arrives here, not
    /// when it was signed.
    /// @dev Reverts with SetMalformed, PeriodMalformed (`validUntil` must be after `validFrom` and after now),
    /// AttestationAlreadyRecorded, AttesterUnknown, AgencyMismatch, AttesterDeclaredCompromised, AttesterNotActive,
    /// AgencyNotActive, MandateMissing, SignatureTooLong, SignatureMismatch.
    /// @param attestation in full
    /// @param signer the attester
    /// @param signature by the attester over the attestation's id
    /// @return id of the attestation
    function attest(
        Attestation calldata attestation,
        bytes calldata signer,
        bytes calldata signature
    ) external returns (bytes32 id);

    /// @notice Revoke an attestation for its whole set or for one member, from now on. It cannot be undone. Any active
    /// attester of the same agency may sign it, and needs no mandate. Anybody may relay it.
    /// @dev Reverts with AttestationUnknown, AttesterUnknown, AttesterDeclaredCompromised, AttesterNotActive,
    /// AgencyNotActive, AgencyMismatch, AttestationAlreadyRevoked, SignatureTooLong, SignatureMismatch. It is not
    /// checked that `member` belongs to the set. To revoke an attestation for a declaration outside its set does
    /// nothing.
    /// @param revocation in full
    /// @param signer the attester
    /// @param signature by the attester over the revocation's id
    function revoke(Revocation calldata revocation, bytes calldata signer, bytes calldata signature) external;

    /// @notice Withdraw a declaration from now on. It cannot be undone. The declaration need not be anchored. Anybody
    /// may relay it.
    /// @dev Reverts with SignerMalformed (the party), DeclarationMismatch, DeclarationReplacesItself,
    /// DeclarationAlreadyWithdrawn, SignatureTooLong, SignatureMismatch. A wallet or another verifier cannot sign for a
    /// party.
    /// @param declaration in full
    /// @param withdrawal in full
    /// @param signature by the key of the declaration's party over the withdrawal's id
    function withdraw(
        Declaration calldata declaration,
        Withdrawal calldata withdrawal,
        bytes calldata signature
    ) external;

    /// @notice Move a line of a certificate from its present sheet to the next one. Anybody may relay it. Two postings
    /// from one sheet cannot both be recorded: the second is refused with the sheet that the first made, and its agency
    /// signs a new posting from there.
    /// @dev Reverts with PostingMalformed, AttestationUnknown, AttestationAlreadyRevoked, AttesterUnknown,
    /// AgencyMismatch, AttesterDeclaredCompromised, AttesterNotActive, AgencyNotActive, MandateMissing (for kind 182,
    /// balance confirmation), AgencyMismatch (only the agency that made the attestation may open a line), SheetStale,
    /// SignatureTooLong, SignatureMismatch.
    ///
    /// It is not checked that `member` belongs to the set, nor that the attestation is valid now or that its attester
    /// was not compromised. Some moves need that, others do not: whoever replays the history judges sheets and moves. A
    /// posting has no nonce and no record of its own. It can be relayed a second time only if its sheet `from` comes
    /// back. So sheets are numbered and their hashes are salted, and a replay takes no sheet twice.
    /// @param posting in full
    /// @param signer the attester
    /// @param signature by the attester over the posting's EIP-712 digest
    function post(Posting calldata posting, bytes calldata signer, bytes calldata signature) external;

    // ------------------------------------------------------------------------------------------ queries: the history

    /// @notice Running hash over all entries. It begins with the EIP-712 domain separator, and each entry makes it
    /// `SHA-256(0x01 ‖ head before ‖ entry hash)`. The entries themselves are in the log, under the topic `number`.
    function head() external view returns (bytes32);

    /// @notice Number of entries. The next entry has this number.
    function numberOfEntries() external view returns (uint64);

    // ------------------------------------------------------------------------------------------ queries: who may speak

    /// @notice Number of resolutions since the first council. The next resolution has the number `resolutions() + 1`.
    function resolutions() external view returns (uint64);

    /// @notice The present council.
    /// @return members signers
    /// @return threshold endorsements that a resolution needs
    function council() external view returns (bytes[] memory members, uint16 threshold);

    /// @notice The ERC-7913 verifier of P-256 signatures, which this contract's constructor deployed.
    function p256Verifier() external view returns (address);

    /// @notice The ERC-7913 verifier of passkeys (WebAuthn), which this contract's constructor deployed.
    function webAuthnVerifier() external view returns (address);

    /// @notice An agency as it was enrolled, and whether it is active now.
    /// @dev Reverts with AgencyUnknown.
    /// @param agency code
    /// @return name UTF-8
    /// @return jurisdiction ISO 3166-1 alpha-2
    /// @return uri UTF-8
    /// @return active false while the agency is suspended
    function enrolledAgency(
        bytes16 agency
    ) external view returns (string memory name, bytes2 jurisdiction, string memory uri, bool active);

    /// @notice An attester, and from when until when it may speak for its agency.
    /// @dev Reverts with AttesterUnknown.
    /// @param attester signer
    /// @return agency code
    /// @return from when it was authorised
    /// @return until when it was retired, or 2^40 - 1
    /// @return compromisedFrom since when it is declared compromised, or 2^40 - 1
    function authorisedAttester(
        bytes calldata attester
    ) external view returns (bytes16 agency, uint40 from, uint40 until, uint40 compromisedFrom);

    /// @notice Does an agency have a mandate for a kind at a time?
    /// @param agency code
    /// @param kind UNCL 1001
    /// @param time past, present or future, by the resolutions enacted so far
    function mandated(bytes16 agency, uint16 kind, uint40 time) external view returns (bool);

    /// @notice May this attester make attestations of this kind at a time? It may if at that time it is authorised and
    /// not retired, not compromised, and its agency is active and has a mandate for the kind.
    /// @param attester signer
    /// @param kind UNCL 1001
    /// @param time past, present or future, by the resolutions enacted so far
    function mayAttest(bytes calldata attester, uint16 kind, uint40 time) external view returns (bool);

    // ------------------------------------------------------------------------------------- queries: what was recorded

    /// @notice When was this batch anchored first?
    /// @param root of the batch
    /// @param size of the batch
    /// @return number of the entry, 0 for never
    /// @return time of the entry
    function anchored(bytes32 root, uint64 size) external view returns (uint64 number, uint40 time);

    /// @notice When was a batch that includes this declaration anchored first?
    /// @dev Reverts with BatchNotAnchored, DeclarationNotIncluded.
    /// @param declaration id
    /// @param index position in the batch, from 0
    /// @param root of the batch
    /// @param size of the batch
    /// @param proof audit path, deepest hash first (RFC 9162 section 2.1.3.1)
    /// @return number of the entry
    /// @return time of the entry
    function declarationAnchored(
        bytes32 declaration,
        uint64 index,
        bytes32 root,
        uint64 size,
        bytes32[] calldata proof
    ) external view returns (uint64 number, uint40 time);

    /// @notice An attestation as it was recorded. Whether it is in force is another question: see {inForce}.
    /// @param id of the attestation
    /// @return number of the entry, 0 for never
    /// @return time of the entry
    /// @return validFrom first second of validity
    /// @return validUntil first second after validity
    /// @return wholeRevokedAt when it was revoked for the whole set, or 2^40 - 1
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
            uint40 wholeRevokedAt,
            bytes memory signer
        );

    /// @notice When was an attestation revoked for this member, alone or with the whole set?
    /// @param id of the attestation
    /// @param member declaration id, or zero for the whole set
    /// @return time of the earlier revocation, or 2^40 - 1
    function revokedAt(bytes32 id, bytes32 member) external view returns (uint40 time);

    /// @notice Is an attestation in force now? See {inForceAt}.
    /// @param id of the attestation
    /// @param member declaration id, or zero for the whole set
    function inForce(bytes32 id, bytes32 member) external view returns (bool);

    /// @notice Is an attestation in force at a time? It is if by then it was recorded, its validity has begun and not
    /// ended, it was not revoked for the whole set or for the member, and its attester was not compromised when the
    /// attestation was recorded.
    /// @dev It is not checked that `member` belongs to the set. {declarationInForceAt} demands a proof of that.
    /// @param id of the attestation
    /// @param member declaration id, or zero for the whole set
    /// @param time past, present or future, by the entries so far
    function inForceAt(bytes32 id, bytes32 member, uint40 time) external view returns (bool);

    /// @notice {inForceAt} for a declaration, with a proof that it belongs to the attested set.
    /// @dev Reverts with DeclarationNotIncluded.
    /// @param attestation in full
    /// @param declaration id
    /// @param index position in the set, from 0
    /// @param proof audit path, deepest hash first (RFC 9162 section 2.1.3.1)
    /// @param time past, present or future, by the entries so far
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

    /// @notice The present sheet of a line of a certificate.
    /// @param attestation id of the attestation that issued the certificate
    /// @param member id of the certificate's declaration
    /// @param line number of the line on the certificate
    /// @return hash of the sheet, zero if the line was not opened
    function sheet(bytes32 attestation, bytes32 member, uint32 line) external view returns (bytes32);

    // ---------------------------------------------------------------------------------------------------- queries: ids

    /// @notice EIP-712 digest of a declaration: its party signs it, and it is the leaf data in a batch.
    /// @param declaration in full
    function declarationId(Declaration calldata declaration) external view returns (bytes32);

    /// @notice EIP-712 digest of an attestation: an attester signs it.
    /// @param attestation in full
    function attestationId(Attestation calldata attestation) external view returns (bytes32);

    /// @notice EIP-712 digest of a revocation: an attester signs it.
    /// @param revocation in full
    function revocationId(Revocation calldata revocation) external view returns (bytes32);

    /// @notice EIP-712 digest of a withdrawal: the declaration's party signs it.
    /// @param withdrawal in full
    function withdrawalId(Withdrawal calldata withdrawal) external view returns (bytes32);
}
