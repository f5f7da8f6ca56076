// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title Shapes of codes and texts
/// @dev Readers replay the whole history and decode strictly. They would stop at an entry with a malformed name, so
/// names are checked before they enter the history.
library Text {
    /// @notice 1 to 16 characters `A-Z 0-9 -`, followed only by zero bytes.
    function isAgencyCode(bytes16 code) internal pure returns (bool) {
        uint256 length = 0;
        while (length < 16 && code[length] != 0) {
            bytes1 c = code[length];
            if (!(_isUpper(c) || (c >= "0" && c <= "9") || c == "-")) return false;
            ++length;
        }
        // All bytes after the characters must be zero.
        return length != 0 && uint256(uint128(code)) << (128 + 8 * length) == 0;
    }

    /// @notice Two letters `A-Z`: the shape of ISO 3166-1 alpha-2.
    function isCountryCode(bytes2 code) internal pure returns (bool) {
        return _isUpper(code[0]) && _isUpper(code[1]);
    }

    /// @notice Well-formed UTF-8: Unicode 16 table 3-7, RFC 3629. Overlong forms, surrogates and scalar values above
    /// U+10FFFF are not well-formed.
    function isUtf8(bytes calldata text) internal pure returns (bool) {
        uint256 i = 0;
        while (i < text.length) {
            uint8 first = uint8(text[i]);
            if (first < 0x80) {
                ++i;
                continue;
            }
            // The first byte determines the length, and some first bytes also restrict the second byte.
            uint256 length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
            if (first < 0xc2 || first > 0xf4 || text.length - i < length) return false;
            uint8 second = uint8(text[i + 1]);
            uint8 lowest = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
            uint8 highest = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
            if (second < lowest || second > highest) return false;
            for (uint256 j = 2; j < length; ++j) {
                if (uint8(text[i + j]) >> 6 != 2) return false;
            }
            i += length;
        }
        return true;
    }

    function _isUpper(bytes1 c) private pure returns (bool) {
        return c >= "A" && c <= "Z";
    }
}
