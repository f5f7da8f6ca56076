// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {IERC7913SignatureVerifier} from "@openzeppelin/contracts/interfaces/IERC7913.sol";
import {P256} from "@openzeppelin/contracts/utils/cryptography/P256.sol";

import {ITradeLedger} from "../../contracts/interfaces/ITradeLedger.sol";
import {Keys, Wallet} from "./support/Keys.sol";
import {World} from "./support/World.sol";
import {vm} from "./support/Vm.sol";

/// @notice Accepts one given signature. It stands for verifiers of the future (WebAuthn, RSA, ...).
contract AnyVerifier is IERC7913SignatureVerifier {
    bytes32 private immutable _expected;

    constructor(bytes memory signature) {
        _expected = keccak256(signature);
    }

    function verify(bytes calldata, bytes32, bytes calldata signature) external view returns (bytes4) {
        return keccak256(signature) == _expected ? IERC7913SignatureVerifier.verify.selector : bytes4(0xffffffff);
    }
}

/// @notice An ERC-1271 wallet and ERC-7913 verifier that accepts everything.
contract YesSayer is IERC1271, IERC7913SignatureVerifier {
    function isValidSignature(bytes32, bytes calldata) external pure returns (bytes4) {
        return IERC1271.isValidSignature.selector;
    }

    function verify(bytes calldata, bytes32, bytes calldata) external pure returns (bytes4) {
        return IERC7913SignatureVerifier.verify.selector;
    }
}

/// @notice Returns the same bytes, whatever it is asked.
contract Parrot {
    bytes private _answer;

    constructor(bytes memory answer) {
        _answer = answer;
    }

    fallback(bytes calldata) external returns (bytes memory) {
        return _answer;
    }
}

/// @notice Spends all the gas that it is given, so that a call of it shows.
contract Spender {
    fallback() external {
        while (true) {}
    }
}

/// @notice Account keys, wallets, P-256 keys and passkeys, each as attester and council member, keys as parties, and
/// signatures that none of them made.
contract SignersTest is World {
    uint256 private constant SECP256K1_N = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;
    uint256 private constant CARD = 0xe1;
    uint256 private constant LONGEST_SIGNATURE = 1024;

    function setUp() public override {
        super.setUp();
        _establish();
    }

    // -------------------------------------------------------------------------------------------------------- P-256

    function testFuzzP256Attester(uint256 key, bytes32 salt) public {
        key = 1 + (key % (P256.N - 1));
        bytes memory signer = Keys.p256(key, ledger);
        _authorise(signer, MPI);
        ITradeLedger.Attestation memory attestation = _attestation(salt);
        bytes32 id = ids.attestation(attestation);
        _attestBy(attestation, signer, Keys.signP256(key, id));
        ITradeLedger.Revocation memory revocation = ITradeLedger.Revocation(id, 0, 41);
        bytes memory signature = Keys.signP256(key, ids.revocation(revocation));
        _writes(
            abi.encodeCall(ITradeLedger.revoke, (revocation, signer, signature)),
            ITradeLedger.EntryKind.Revoked,
            id,
            abi.encode(revocation, signer, signature)
        );
    }

    /// @dev The key of RFC 6979 appendix A.2.5 shows that the cheatcodes compute P-256 correctly.
    function testP256KeyOfRfc6979() public pure {
        (uint256 x, uint256 y) = vm.publicKeyP256(0xC9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721);
        vm.assertEq(x, 0x60FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6, "x");
        vm.assertEq(y, 0x7903FE1008B8BC99A41AE9E95628BC64F2F1B20C2D7E9F5177A3C294D4462299, "y");
    }

    /// @dev The signature of "sample" with SHA-256 from the same appendix, with low s.
    function testP256SignatureOfRfc6979() public view {
        bytes32 r = 0xEFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716;
        uint256 high = 0xF7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8;
        bytes memory key = abi.encodePacked(
            uint256(0x60FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6),
            uint256(0x7903FE1008B8BC99A41AE9E95628BC64F2F1B20C2D7E9F5177A3C294D4462299)
        );
        IERC7913SignatureVerifier verifier = IERC7913SignatureVerifier(ledger.p256Verifier());
        bytes4 low = verifier.verify(key, sha256("sample"), abi.encodePacked(r, P256.N - high));
        vm.assertEq(bytes32(low), bytes32(IERC7913SignatureVerifier.verify.selector), "low s");
        vm.assertEq(
            bytes32(verifier.verify(key, sha256("sample"), abi.encodePacked(r, high))),
            bytes32(bytes4(0xffffffff)),
            "high s"
        );
    }

    function testP256SignatureHasOneForm() public {
        bytes memory signer = Keys.p256(CARD, ledger);
        _authorise(signer, MPI);
        ITradeLedger.Attestation memory attestation = _attestation("a");
        bytes32 id = ids.attestation(attestation);
        bytes memory good = Keys.signP256(CARD, id);
        (bytes32 r, bytes32 s) = abi.decode(good, (bytes32, bytes32));
        _notSigned(attestation, signer, abi.encodePacked(r, P256.N - uint256(s)));
        _notSigned(attestation, signer, bytes.concat(good, hex"00"));
        _notSigned(attestation, signer, abi.encodePacked(r, bytes31(s)));
        _notSigned(attestation, signer, "");
        _notSigned(attestation, signer, Keys.signP256(CARD + 1, id));
        _attestBy(attestation, signer, good);
    }

    function testP256PointOffTheCurve() public {
        bytes memory signer = abi.encodePacked(ledger.p256Verifier(), uint256(1), uint256(1));
        _authorise(signer, MPI);
        ITradeLedger.Attestation memory attestation = _attestation("a");
        _notSigned(attestation, signer, Keys.signP256(CARD, ids.attestation(attestation)));
    }

    // ------------------------------------------------------------------------------------------------------- wallets

    function testWalletAttester() public {
        Wallet wallet = new Wallet(vm.addr(STRANGER));
        bytes memory signer = abi.encodePacked(address(wallet));
        _authorise(signer, MPI);
        ITradeLedger.Attestation memory attestation = _attestation("a");
        _attestBy(attestation, signer, Keys.sign(STRANGER, ids.attestation(attestation)));
        attestation.salt = "b";
        _notSigned(attestation, signer, Keys.sign(OFFICER, ids.attestation(attestation)));
        wallet.lock();
        _notSigned(attestation, signer, Keys.sign(STRANGER, ids.attestation(attestation)));
    }

    function testContractThatIsNotAWallet() public {
        bytes memory signer = abi.encodePacked(address(ids));
        _authorise(signer, MPI);
        ITradeLedger.Attestation memory attestation = _attestation("a");
        _notSigned(attestation, signer, Keys.sign(STRANGER, ids.attestation(attestation)));
    }

    function testDelegatedAccountStillSignsWithItsKey() public {
        // EIP-7702: the account's code is a pointer to a contract without ERC-1271.
        vm.etch(vm.addr(OFFICER), abi.encodePacked(hex"ef0100", address(ids)));
        _attest(_attestation("a"), OFFICER);
    }

    // ------------------------------------------------------------------------------------------------- account keys

    function testAccountSignatureHasOneForm() public {
        ITradeLedger.Attestation memory attestation = _attestation("a");
        bytes memory signer = Keys.account(OFFICER);
        bytes32 id = ids.attestation(attestation);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(OFFICER, id);
        _notSigned(attestation, signer, abi.encodePacked(r, SECP256K1_N - uint256(s), v ^ 7)); // high s, v flipped
        _notSigned(attestation, signer, abi.encodePacked(r, s, v - 27));
        _notSigned(attestation, signer, abi.encodePacked(r, s, v, hex"00"));
        _notSigned(attestation, signer, abi.encodePacked(r, uint256(s) | (uint256(v - 27) << 255))); // EIP-2098
        _notSigned(attestation, signer, abi.encodePacked(r, s));
        _notSigned(attestation, signer, "");
        _attestBy(attestation, signer, abi.encodePacked(r, s, v));
    }

    function testZeroAddressHasNoSignature() public {
        bytes memory signer = new bytes(20);
        _authorise(signer, MPI);
        _notSigned(_attestation("a"), signer, new bytes(65));
    }

    // ----------------------------------------------------------------------------------------------- other verifiers

    function testAnyVerifierMayBeNamed() public {
        bytes memory signer = abi.encodePacked(address(new AnyVerifier("yes")), "key");
        _authorise(signer, MPI);
        _notSigned(_attestation("a"), signer, "no");
        _attestBy(_attestation("a"), signer, "yes");
    }

    /// @dev The identity precompile returns its input, which begins with the value by which a verifier accepts.
    function testPrecompileIsNotAVerifier() public {
        bytes memory signer = abi.encodePacked(address(4), "key");
        (, bytes memory echo) = address(4).staticcall(
            abi.encodeCall(IERC7913SignatureVerifier.verify, ("key", bytes32(0), ""))
        );
        bytes4 magic = IERC7913SignatureVerifier.verify.selector;
        vm.assertEq(abi.decode(echo, (bytes32)), bytes32(magic), "the precompile answers as a verifier that accepts");
        _authorise(signer, MPI);
        _notSigned(_attestation("a"), signer, "anything");
    }

    function testVerifierWithoutCode() public {
        bytes memory signer = abi.encodePacked(address(0xdead), "key");
        _authorise(signer, MPI);
        _notSigned(_attestation("a"), signer, "anything");
    }

    function testVerifierThatReverts() public {
        bytes memory signer = abi.encodePacked(address(ids), "key");
        _authorise(signer, MPI);
        _notSigned(_attestation("a"), signer, "anything");
    }

    /// @dev A wallet or verifier accepts by one word: its function's selector, padded with zero bytes.
    function testAnswerHasOneForm() public {
        bytes4[2] memory accepts = [IERC1271.isValidSignature.selector, IERC7913SignatureVerifier.verify.selector];
        for (uint256 i = 0; i < 2; ++i) {
            bytes memory key = i == 0 ? bytes("") : bytes("key");
            bytes32 salt = bytes32(i);
            _notSigned(_attestation(salt), _parrot(abi.encodePacked(accepts[i]), key), "s");
            _notSigned(_attestation(salt), _parrot(abi.encodePacked(accepts[i], uint224(1)), key), "s");
            _notSigned(_attestation(salt), _parrot(abi.encode(accepts[i], 0), key), "s");
            _notSigned(_attestation(salt), _parrot(abi.encode(accepts[1 - i]), key), "s");
            _notSigned(_attestation(salt), _parrot("", key), "s");
            _attestBy(_attestation(salt), _parrot(abi.encode(accepts[i]), key), "s");
        }
    }

    // ---------------------------------------------------------------------------------------- length of signatures

    function testLongestSignature() public {
        bytes memory signature = new bytes(LONGEST_SIGNATURE);
        bytes memory signer = abi.encodePacked(address(new AnyVerifier(signature)), "key");
        _authorise(signer, MPI);
        _attestBy(_attestation("a"), signer, signature);
    }

    /// @dev The verifier would accept the signature. It is refused only for its length.
    function testFuzzSignatureTooLong(uint16 more) public {
        bytes memory signature = new bytes(LONGEST_SIGNATURE + 1 + more);
        bytes memory signer = abi.encodePacked(address(new AnyVerifier(signature)), "key");
        bytes memory reason = abi.encodeWithSelector(ITradeLedger.SignatureTooLong.selector, signature.length, LONGEST_SIGNATURE);
        _authorise(signer, MPI);
        _refused(abi.encodeCall(ITradeLedger.attest, (_attestation("a"), signer, signature)), reason);

        bytes32 id = _attest(_attestation("b"), OFFICER);
        ITradeLedger.Revocation memory revocation = ITradeLedger.Revocation(id, 0, 41);
        _refused(abi.encodeCall(ITradeLedger.revoke, (revocation, signer, signature)), reason);

        ITradeLedger.Declaration memory declaration = ITradeLedger.Declaration(signer, keccak256("document"), 380, 0);
        ITradeLedger.Withdrawal memory withdrawal = ITradeLedger.Withdrawal(ids.declaration(declaration), 1, 0);
        _refused(abi.encodeCall(ITradeLedger.withdraw, (declaration, withdrawal, signature)), reason);
    }

    /// @dev The limit is for every signature of an entry, so also for endorsements above the threshold.
    function testEndorsementTooLong() public {
        bytes memory signature = new bytes(LONGEST_SIGNATURE + 1);
        bytes[] memory members = new bytes[](2);
        members[0] = Keys.account(MEMBER_A);
        members[1] = abi.encodePacked(address(new AnyVerifier(signature)), "key");
        (bytes memory data, bytes memory payload, bytes32 id) = _changeCouncil(members, 1);
        _writes(data, ITradeLedger.EntryKind.CouncilChanged, id, payload);

        uint64 next = _next();
        ITradeLedger.Endorsement[] memory list = new ITradeLedger.Endorsement[](2);
        list[0] = ITradeLedger.Endorsement(members[0], Keys.sign(MEMBER_A, ids.agencySuspension(MPI, next)));
        list[1] = ITradeLedger.Endorsement(members[1], signature);
        _refused(
            abi.encodeCall(ITradeLedger.suspendAgency, (MPI, next, Keys.sorted(list))),
            abi.encodeWithSelector(ITradeLedger.SignatureTooLong.selector, signature.length, LONGEST_SIGNATURE)
        );
    }

    /// @dev The arithmetic of docs/formats.md section 5. A council of 32 members of 128 bytes is replaced by another of
    /// 32, and all 32 endorse it with the longest signature. The entry fits a tlog-tiles bundle, in which the length of
    /// an entry has 16 bits.
    function testLongestEntryFitsItsBundle() public {
        bytes memory signature = new bytes(LONGEST_SIGNATURE);
        address verifier = address(new AnyVerifier(signature));
        bytes[] memory members = new bytes[](32);
        for (uint256 i = 0; i < 32; ++i) members[i] = abi.encodePacked(verifier, new bytes(76), uint256(i));
        (bytes memory data, bytes memory payload, bytes32 id) = _changeCouncil(members, 32);
        _writes(data, ITradeLedger.EntryKind.CouncilChanged, id, payload);

        ITradeLedger.Endorsement[] memory list = new ITradeLedger.Endorsement[](32);
        for (uint256 i = 0; i < 32; ++i) list[i] = ITradeLedger.Endorsement(members[i], signature);
        list = Keys.sorted(list);
        uint64 next = _next();
        payload = abi.encode(members, uint16(32), next, list);
        _writes(
            abi.encodeCall(ITradeLedger.changeCouncil, (members, 32, next, list)),
            ITradeLedger.EntryKind.CouncilChanged,
            ids.councilChange(members, 32, next),
            payload
        );
        vm.assertEq(8 + 1 + 8 + payload.length, 48_337, "entry bytes");
        vm.assertLe(8 + 1 + 8 + payload.length, type(uint16).max, "a bundle's length field");
    }

    // -------------------------------------------------------------------------------------------- parties and members

    function testPartiesOfEveryKind() public {
        (bytes memory party, bytes32 digest) = _withdrawal(Keys.account(PARTY));
        _withdrawBy(party, Keys.sign(PARTY, digest));
        (party, digest) = _withdrawal(Keys.p256(CARD, ledger));
        _withdrawBy(party, Keys.signP256(CARD, digest));
        (party, digest) = _withdrawal(Keys.passkey(CARD, ledger));
        _withdrawBy(party, Keys.signPasskey(CARD, digest));
    }

    function testPartyWithDelegatedAccountSignsWithItsKey() public {
        // EIP-7702: the account's code points to a contract that would accept everything.
        vm.etch(vm.addr(PARTY), abi.encodePacked(hex"ef0100", address(new YesSayer())));
        (bytes memory party, bytes32 digest) = _withdrawal(Keys.account(PARTY));
        _notWithdrawn(party, digest, Keys.sign(STRANGER, digest));
        _withdrawBy(party, Keys.sign(PARTY, digest));
    }

    /// @dev Each of these would accept the signature, if it were asked.
    function testNobodysCodeSpeaksForAParty() public {
        Wallet wallet = new Wallet(vm.addr(STRANGER));
        (bytes memory party, bytes32 digest) = _withdrawal(abi.encodePacked(address(wallet)));
        _notWithdrawn(party, digest, Keys.sign(STRANGER, digest));
        address any = address(new YesSayer());
        (party, digest) = _withdrawal(abi.encodePacked(any));
        _notWithdrawn(party, digest, "yes");
        (party, digest) = _withdrawal(abi.encodePacked(any, new bytes(64)));
        _notWithdrawn(party, digest, new bytes(64));
        (party, digest) = _withdrawal(abi.encodePacked(address(4), new bytes(64)));
        _notWithdrawn(party, digest, new bytes(64));
    }

    /// @dev The code at the party's address would spend all the gas that it gets.
    function testNobodysCodeIsCalledForAParty() public {
        address spender = address(new Spender());
        bytes memory proof = new bytes(65);
        for (uint256 size = 0; size <= 64; size += 64) {
            ITradeLedger.Declaration memory declaration = _declarationBy(abi.encodePacked(spender, new bytes(size)));
            ITradeLedger.Withdrawal memory withdrawal = ITradeLedger.Withdrawal(ids.declaration(declaration), 1, 0);
            bytes memory data = abi.encodeCall(ITradeLedger.withdraw, (declaration, withdrawal, proof));
            (bool done, ) = address(ledger).call{gas: 10_000_000}(data);
            vm.assertLe(vm.lastCallGas().gasTotalUsed, 60_000, "gas of the refusal");
            vm.assertFalse(done, "withdrawn");
        }
    }

    function testPartyKeysOfAnotherSize() public {
        address verifier = ledger.p256Verifier();
        for (uint256 size = 1; size <= 108; ++size) {
            if (size == 64) continue;
            (bytes memory party, bytes32 digest) = _withdrawal(abi.encodePacked(verifier, new bytes(size)));
            _notWithdrawn(party, digest, new bytes(64));
        }
    }

    function testPartysSignatureByAnother() public {
        (bytes memory party, bytes32 digest) = _withdrawal(Keys.p256(CARD, ledger));
        _notWithdrawn(party, digest, Keys.signP256(CARD + 1, digest));
        _notWithdrawn(party, digest, Keys.signPasskey(CARD, digest));
        (party, digest) = _withdrawal(Keys.passkey(CARD, ledger));
        _notWithdrawn(party, digest, Keys.signPasskey(CARD + 1, digest));
        _notWithdrawn(party, digest, Keys.signP256(CARD, digest));
        (party, digest) = _withdrawal(Keys.account(PARTY));
        _notWithdrawn(party, digest, Keys.sign(STRANGER, digest));
        _notWithdrawn(party, digest, "");
    }

    function testCouncilOfEveryKind() public {
        bytes[] memory members = new bytes[](4);
        members[0] = Keys.account(MEMBER_A);
        members[1] = abi.encodePacked(address(new Wallet(vm.addr(STRANGER))));
        members[2] = Keys.p256(CARD, ledger);
        members[3] = Keys.passkey(CARD, ledger);
        (bytes memory data, bytes memory payload, bytes32 id) = _changeCouncil(members, 4);
        _writes(data, ITradeLedger.EntryKind.CouncilChanged, id, payload);

        uint64 next = _next();
        id = ids.agencySuspension(MPI, next);
        ITradeLedger.Endorsement[] memory list = new ITradeLedger.Endorsement[](4);
        list[0] = ITradeLedger.Endorsement(members[0], Keys.sign(MEMBER_A, id));
        list[1] = ITradeLedger.Endorsement(members[1], Keys.sign(STRANGER, id));
        list[2] = ITradeLedger.Endorsement(members[2], Keys.signP256(CARD, id));
        list[3] = ITradeLedger.Endorsement(members[3], Keys.signPasskey(CARD, id));
        list = Keys.sorted(list);
        _writes(
            abi.encodeCall(ITradeLedger.suspendAgency, (MPI, next, list)),
            ITradeLedger.EntryKind.AgencySuspended,
            MPI,
            abi.encode(MPI, next, list)
        );
    }

    // -------------------------------------------------------------------------------------------------------- parts

    function _attestBy(ITradeLedger.Attestation memory attestation, bytes memory signer, bytes memory proof) private {
        _writes(
            abi.encodeCall(ITradeLedger.attest, (attestation, signer, proof)),
            ITradeLedger.EntryKind.Attested,
            ids.attestation(attestation),
            abi.encode(attestation, signer, proof)
        );
    }

    function _notSigned(ITradeLedger.Attestation memory attestation, bytes memory signer, bytes memory proof) private {
        _refused(
            abi.encodeCall(ITradeLedger.attest, (attestation, signer, proof)),
            abi.encodeWithSelector(ITradeLedger.SignatureMismatch.selector, signer, ids.attestation(attestation))
        );
    }

    /// @dev An attester whose wallet or verifier gives this answer.
    function _parrot(bytes memory answer, bytes memory key) private returns (bytes memory signer) {
        signer = abi.encodePacked(address(new Parrot(answer)), key);
        _authorise(signer, MPI);
    }

    /// @dev A declaration by this party, and the digest that the party signs to withdraw it.
    function _withdrawal(bytes memory party) private view returns (bytes memory, bytes32) {
        return (party, ids.withdrawal(ITradeLedger.Withdrawal(ids.declaration(_declarationBy(party)), 1, 0)));
    }

    function _declarationBy(bytes memory party) private pure returns (ITradeLedger.Declaration memory) {
        return ITradeLedger.Declaration(party, keccak256("document"), 380, 0);
    }

    function _withdrawBy(bytes memory party, bytes memory signature) private {
        ITradeLedger.Declaration memory declaration = _declarationBy(party);
        bytes32 id = ids.declaration(declaration);
        ITradeLedger.Withdrawal memory withdrawal = ITradeLedger.Withdrawal(id, 1, 0);
        _writes(
            abi.encodeCall(ITradeLedger.withdraw, (declaration, withdrawal, signature)),
            ITradeLedger.EntryKind.Withdrawn,
            id,
            abi.encode(declaration, withdrawal, signature)
        );
    }

    function _notWithdrawn(bytes memory party, bytes32 digest, bytes memory signature) private {
        ITradeLedger.Declaration memory declaration = _declarationBy(party);
        ITradeLedger.Withdrawal memory withdrawal = ITradeLedger.Withdrawal(ids.declaration(declaration), 1, 0);
        _refused(
            abi.encodeCall(ITradeLedger.withdraw, (declaration, withdrawal, signature)),
            abi.encodeWithSelector(ITradeLedger.SignatureMismatch.selector, party, digest)
        );
    }
}
