// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC5267} from "@openzeppelin/contracts/interfaces/IERC5267.sol";
import {MessageHashUtils} from "@openzeppelin/contracts/utils/cryptography/MessageHashUtils.sol";

/// @title The EIP-712 domain: the name of one history, under which every statement is signed
/// @dev OpenZeppelin's EIP712 has no salt. Here the salt is the hash of entry 0. So a chain that begins anew, and has its
/// contract at the same address again, has another domain, and nobody can replay an old signature there. See
/// docs/formats.md section 3 and docs/adr/0012. In the Python core, origin.py is the twin of this contract.
abstract contract Domain is IERC5267 {
    string private constant NAME = "TradeLedger";
    string private constant VERSION = "1";
    bytes32 private constant DOMAIN =
        keccak256(
            "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract,bytes32 salt)"
        );

    bytes32 private immutable _salt;
    bytes32 private immutable _separator;
    uint256 private immutable _chainId;

    /// @param salt hash of entry 0
    constructor(bytes32 salt) {
        _salt = salt;
        _chainId = block.chainid;
        _separator = _buildSeparator();
    }

    /// @inheritdoc IERC5267
    function eip712Domain()
        external
        view
        returns (
            bytes1 fields,
            string memory name,
            string memory version,
            uint256 chainId,
            address verifyingContract,
            bytes32 salt,
            uint256[] memory extensions
        )
    {
        // Bits 0 to 4: all five fields of the domain are used.
        return (hex"1f", NAME, VERSION, block.chainid, address(this), _salt, new uint256[](0));
    }

    /// @dev The id of a statement: keccak256(0x1901 ‖ separator ‖ structHash).
    function _hashTypedDataV4(bytes32 structHash) internal view returns (bytes32) {
        return MessageHashUtils.toTypedDataHash(_domainSeparatorV4(), structHash);
    }

    /// @dev A chain that splits in two gives one side another chain id. Statements of one side must not count on the
    /// other, so the separator follows the chain id.
    function _domainSeparatorV4() internal view returns (bytes32) {
        return block.chainid == _chainId ? _separator : _buildSeparator();
    }

    function _buildSeparator() private view returns (bytes32) {
        return
            keccak256(
                abi.encode(
                    DOMAIN,
                    keccak256(bytes(NAME)),
                    keccak256(bytes(VERSION)),
                    block.chainid,
                    address(this),
                    _salt
                )
            );
    }
}
