// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Text} from "../../contracts/libraries/Text.sol";
import {vm} from "./support/Vm.sol";

/// @notice Makes the library's internal functions callable with calldata.
contract Texts {
    function isUtf8(bytes calldata text) external pure returns (bool) {
        return Text.isUtf8(text);
    }
}

/// @notice Shapes of codes and texts. For UTF-8: each row of Unicode table 3-7, with both ends of its ranges.
contract TextTest {
    Texts private texts;

    function setUp() public {
        texts = new Texts();
    }

    function testWellFormed() public view {
        bytes[18] memory good = [
            bytes(""),
            hex"00",
            hex"7f",
            hex"c280",
            hex"dfbf",
            hex"e0a080",
            hex"e0bfbf",
            hex"e18080",
            hex"ecbfbf",
            hex"ed8080",
            hex"ed9fbf",
            hex"ee8080",
            hex"efbfbf",
            hex"f0908080",
            hex"f0bfbfbf",
            hex"f1808080",
            hex"f48fbfbf",
            bytes(unicode"Ministério da Agricultura — 農林水産省 🌾")
        ];
        for (uint256 i = 0; i < good.length; ++i) {
            vm.assertTrue(texts.isUtf8(good[i]), "well-formed");
            vm.assertTrue(texts.isUtf8(bytes.concat("a", good[i], "z")), "well-formed between other characters");
        }
    }

    function testMalformed() public view {
        bytes[29] memory bad = [
            bytes(hex"80"), // continuation without a first byte
            hex"bf",
            hex"c080", // overlong
            hex"c1bf",
            hex"e08080",
            hex"e09fbf",
            hex"f0808080",
            hex"f08fbfbf",
            hex"eda080", // surrogates
            hex"edbfbf",
            hex"f4908080", // beyond U+10FFFF
            hex"f5808080",
            hex"ff",
            hex"fe",
            hex"c2", // cut short
            hex"e0a0",
            hex"e1",
            hex"f09080",
            hex"f1",
            hex"c27f", // no continuation byte where there must be one
            hex"c2c0",
            hex"e1807f",
            hex"e180c0",
            hex"e17f80",
            hex"e1c080",
            hex"f1807f80",
            hex"f180807f",
            hex"f18080c0",
            hex"f17f8080"
        ];
        for (uint256 i = 0; i < bad.length; ++i) {
            vm.assertFalse(texts.isUtf8(bad[i]), "malformed");
            vm.assertFalse(texts.isUtf8(bytes.concat("a", bad[i], "z")), "malformed between other characters");
        }
    }

    /// @dev Any scalar value, encoded by the table of RFC 3629, is well-formed. Without its last byte it is not.
    function testFuzzEveryScalarValue(uint32 seed) public view {
        uint32 scalar = seed % 0x110000;
        if (scalar >= 0xd800 && scalar <= 0xdfff) scalar -= 0x800;
        bytes memory text = _encode(scalar);
        vm.assertTrue(texts.isUtf8(text), "well-formed");
        if (text.length == 1) return;
        bytes memory cut = new bytes(text.length - 1);
        for (uint256 i = 0; i < cut.length; ++i) cut[i] = text[i];
        vm.assertFalse(texts.isUtf8(cut), "cut short");
    }

    function testFuzzSurrogates(uint32 seed) public view {
        vm.assertFalse(texts.isUtf8(_encode(0xd800 + (seed % 0x800))), "surrogate");
    }

    /// @dev Compares with another decoder: decode, encode again, and compare the bytes.
    function testFuzzAnyBytes(bytes4 any) public view {
        bytes memory text = abi.encodePacked(any);
        vm.assertTrue(texts.isUtf8(text) == _survives(text), "agrees with decoding and encoding again");
    }

    function testFuzzAgencyCode(bytes16 code) public pure {
        bool expected = code[0] != 0;
        bool ended = false;
        for (uint256 i = 0; i < 16; ++i) {
            uint8 c = uint8(code[i]);
            bool letter = (c >= 0x41 && c <= 0x5a) || (c >= 0x30 && c <= 0x39) || c == 0x2d;
            if (c == 0) ended = true;
            else if (ended || !letter) expected = false;
        }
        vm.assertTrue(Text.isAgencyCode(code) == expected, "agency code");
    }

    function testFuzzCountryCode(bytes2 code) public pure {
        uint8 a = uint8(code[0]);
        uint8 b = uint8(code[1]);
        vm.assertTrue(
            Text.isCountryCode(code) == (a >= 0x41 && a <= 0x5a && b >= 0x41 && b <= 0x5a),
            "country code"
        );
        vm.assertTrue(Text.isCountryCode(bytes2(uint16(0x4141 + (a % 26) * 256 + (b % 26)))), "two letters");
    }

    function _encode(uint32 scalar) private pure returns (bytes memory) {
        if (scalar < 0x80) return abi.encodePacked(uint8(scalar));
        if (scalar < 0x800) return abi.encodePacked(uint8(0xc0 | (scalar >> 6)), _tail(scalar, 0));
        if (scalar < 0x10000) {
            return abi.encodePacked(uint8(0xe0 | (scalar >> 12)), _tail(scalar, 6), _tail(scalar, 0));
        }
        return abi.encodePacked(uint8(0xf0 | (scalar >> 18)), _tail(scalar, 12), _tail(scalar, 6), _tail(scalar, 0));
    }

    function _tail(uint32 scalar, uint8 shift) private pure returns (uint8) {
        return uint8(0x80 | ((scalar >> shift) & 0x3f));
    }

    /// @dev Decode leniently by the length that the first byte gives, encode strictly, and compare.
    function _survives(bytes memory text) private pure returns (bool) {
        bytes memory again = "";
        for (uint256 i = 0; i < text.length; ) {
            uint8 first = uint8(text[i]);
            uint256 length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
            if (i + length > text.length) return false;
            uint32 scalar = length == 1 ? first : uint32(first) & uint32(0x7f >> length);
            for (uint256 j = 1; j < length; ++j) scalar = (scalar << 6) | (uint8(text[i + j]) & 0x3f);
            if (scalar > 0x10ffff || (scalar >= 0xd800 && scalar <= 0xdfff)) return false;
            again = bytes.concat(again, _encode(scalar));
            i += length;
        }
        return keccak256(again) == keccak256(text);
    }
}
