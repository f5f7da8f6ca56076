// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ITradeLedger} from "../../contracts/interfaces/ITradeLedger.sol";
import {Keys, Wallet} from "./support/Keys.sol";
import {World} from "./support/World.sol";
import {vm} from "./support/Vm.sol";

/// @notice The whole gas of each transaction, as on a receipt: with intrinsic gas, calldata and cold storage, because
/// every call of a test is a transaction of its own (`isolate` in hardhat.config.js).
/// @dev The bars are requirements. The measured gas is in snapshots/, and docs/adr/0001 explains it.
contract GasTest is World {
    uint256 private constant BATCH = 10_000;

    function setUp() public override {
        super.setUp();
        _establish();
        _anchor("a batch before", 1); // the first write of all is dearer than usual
    }

    function testGasAnchor() public {
        ledger.anchor(keccak256("one"), 1);
        _bar("anchor, batch of 1", 60_000);
        ledger.anchor(keccak256("many"), 10_000);
        _bar("anchor, batch of 10,000", 60_000);
        // The most expensive calldata: no zero bytes.
        ledger.anchor(bytes32(type(uint256).max), type(uint64).max);
        _bar("anchor, any batch", 60_000);
        ledger.anchor(keccak256("many"), 10_000);
        _bar("anchor, repeated", 30_000);
    }

    function testGasAttest() public {
        _transact(_attestData("a"));
        _bar("attest, account key", 100_000);
        // Root, detail and salt without zero bytes, which would be cheaper.
        ITradeLedger.Attestation memory attestation = _attestation(keccak256("b"));
        attestation.root = bytes32(type(uint256).max);
        attestation.size = type(uint64).max;
        (bytes memory data, , ) = _attestCall(attestation, OFFICER);
        _transact(data);
        _bar("attest, account key, any set", 100_000);
    }

    function testGasAttestByOtherSigners() public {
        uint256 card = 0xe1;
        bytes memory p256 = Keys.p256(card, ledger);
        bytes memory wallet = abi.encodePacked(address(new Wallet(vm.addr(STRANGER))));
        _authorise(p256, MPI);
        _authorise(wallet, MPI);
        ITradeLedger.Attestation memory attestation = _attestation(keccak256("p"));
        bytes memory signature = Keys.signP256(card, ids.attestation(attestation));
        _transact(abi.encodeCall(ITradeLedger.attest, (attestation, p256, signature)));
        _bar("attest, P-256 key, precompile", 130_000);
        attestation.salt = keccak256("w");
        signature = Keys.sign(STRANGER, ids.attestation(attestation));
        _transact(abi.encodeCall(ITradeLedger.attest, (attestation, wallet, signature)));
        _bar("attest, ERC-1271 wallet", 130_000);
    }

    /// @dev Client data with the member that Chrome adds now and then are the longest that browsers make today.
    function testGasAttestByPasskey() public {
        uint256 key = 0xe2;
        bytes memory signer = Keys.passkey(key, ledger);
        _authorise(signer, MPI);
        ITradeLedger.Attestation memory attestation = _attestation(keccak256("plain"));
        bytes memory signature = Keys.signPasskey(key, ids.attestation(attestation));
        _transact(abi.encodeCall(ITradeLedger.attest, (attestation, signer, signature)));
        _bar("attest, passkey, precompile", 115_000);
        attestation.salt = keccak256("longer");
        signature = Keys.assertion(
            key,
            Keys.authenticatorData(0x1d, ""),
            Keys.clientData(
                ids.attestation(attestation),
                ',"crossOrigin":false,"other_keys_can_be_added_here":"do not compare clientDataJSON against a template.'
                ' See https://goo.gl/yabPex"}'
            )
        );
        _transact(abi.encodeCall(ITradeLedger.attest, (attestation, signer, signature)));
        _bar("attest, passkey with Chrome's extra member, precompile", 115_000);
    }

    function testGasRevoke() public {
        bytes32 first = _attest(_attestation(keccak256("1")), OFFICER);
        bytes32 second = _attest(_attestation(keccak256("2")), OFFICER);
        bytes32 third = _attest(_attestation(keccak256("3")), OFFICER);
        (bytes memory data, , ) = _revokeCall(ITradeLedger.Revocation(first, 0, 41), OFFICER);
        _transact(data);
        _bar("revoke", 60_000);
        (data, , ) = _revokeCall(ITradeLedger.Revocation(second, 0, 41), COLLEAGUE);
        _transact(data);
        _bar("revoke, by a colleague", 60_000);
        (data, , ) = _revokeCall(ITradeLedger.Revocation(third, keccak256("member"), 41), OFFICER);
        _transact(data);
        _bar("revoke, one member", 85_000); // a slot of its own
    }

    function testGasWithdraw() public {
        ITradeLedger.Declaration memory declaration = ITradeLedger.Declaration(
            Keys.account(PARTY),
            keccak256("document"),
            929,
            0
        );
        ITradeLedger.Withdrawal memory withdrawal = ITradeLedger.Withdrawal(ids.declaration(declaration), 1, 0);
        (bytes memory data, ) = _withdrawCall(declaration, withdrawal, PARTY);
        _transact(data);
        _bar("withdraw", 85_000);
    }

    function testGasPost() public {
        bytes32 id = _attest(_attestation(keccak256("1")), OFFICER);
        _grant(MPI, BALANCE, 0, NEVER);
        _enrol(CUSTOMS);
        _grant(CUSTOMS, BALANCE, 0, NEVER);
        _authorise(Keys.account(STRANGER), CUSTOMS);
        ITradeLedger.Posting memory posting = ITradeLedger.Posting(MPI, id, keccak256("member"), 1, 0, keccak256("s1"));
        (bytes memory data, ) = _postCall(posting, OFFICER);
        _transact(data);
        _bar("post, opening of a line", 92_000);
        (posting.from, posting.to) = (posting.to, keccak256("s2"));
        (data, ) = _postCall(posting, OFFICER);
        _transact(data);
        _bar("post, next sheet", 75_000);
        // The most expensive line number, and another agency than the one that attested.
        posting = ITradeLedger.Posting(MPI, id, keccak256("member"), type(uint32).max, 0, keccak256("s1"));
        (data, ) = _postCall(posting, OFFICER);
        _transact(data);
        _bar("post, opening of any line", 92_000);
        (posting.agency, posting.from, posting.to) = (CUSTOMS, posting.to, keccak256("s2"));
        (data, ) = _postCall(posting, STRANGER);
        _transact(data);
        _bar("post, next sheet, by another agency", 75_000);
    }

    function testGasInclusionProof() public {
        bytes32[] memory level = new bytes32[](BATCH);
        for (uint256 i = 0; i < BATCH; ++i) level[i] = sha256(abi.encodePacked(hex"00", keccak256(abi.encode(i))));
        // Index 4321 has a sibling on every level, so its path has the greatest length, 14.
        bytes32[] memory path = new bytes32[](14);
        uint256 index = 4321;
        for (uint256 depth = 0; depth < 14; ++depth) {
            path[depth] = level[index ^ 1];
            level = _parents(level);
            index >>= 1;
        }
        bytes32 root = level[0];
        ledger.anchor(root, uint64(BATCH));
        // Sent as transactions: static calls are not isolated, so their gas would not include the calldata.
        _transact(abi.encodeCall(ITradeLedger.anchored, (root, uint64(BATCH))));
        uint256 base = vm.lastCallGas().gasTotalUsed;
        bytes memory data = abi.encodeCall(
            ITradeLedger.declarationAnchored,
            (keccak256(abi.encode(uint256(4321))), 4321, root, uint64(BATCH), path)
        );
        _transact(data);
        uint256 used = vm.lastCallGas().gasTotalUsed;
        if (used < _floor(data)) used = _floor(data);
        uint256 above = used - base;
        vm.snapshotValue("gas", "inclusion proof in a batch of 10,000, above the base call", above);
        vm.assertLe(above, 25_000, "inclusion proof");
    }

    function testGasResolution() public {
        (bytes memory data, ) = _grantMandate(MPI, ORIGIN, 0, NEVER);
        _transact(data);
        _bar("council resolution, two signatures (grant a mandate)", 120_000);
    }

    function _attestData(bytes32 salt) private view returns (bytes memory data) {
        (data, , ) = _attestCall(_attestation(keccak256(abi.encode(salt))), OFFICER);
    }

    function _transact(bytes memory data) private {
        (bool done, bytes memory result) = address(ledger).call(data);
        if (!done) _bubble(result);
    }

    /// @dev The lowest gas of a transaction with this calldata (EIP-7623). The runner does not apply it.
    function _floor(bytes memory data) private pure returns (uint256 gas) {
        gas = 21_000;
        for (uint256 i = 0; i < data.length; ++i) gas += data[i] == 0 ? 10 : 40;
    }

    function _bar(string memory name, uint256 most) private {
        uint256 used = vm.lastCallGas().gasTotalUsed;
        vm.snapshotValue("gas", name, used);
        vm.assertLe(used, most, name);
    }

    /// @dev One level up. A last node without a sibling moves up without a hash.
    function _parents(bytes32[] memory level) private pure returns (bytes32[] memory parents) {
        parents = new bytes32[]((level.length + 1) / 2);
        for (uint256 i = 0; i < parents.length; ++i) {
            parents[i] = 2 * i + 1 == level.length
                ? level[2 * i]
                : sha256(abi.encodePacked(hex"01", level[2 * i], level[2 * i + 1]));
        }
    }
}
