"""Bytes in and out: hashes, ABI, CBOR, strict JSON. Knows nothing of documents or statements.

In reading order:

================== ====================================================
``ids``            types of ids, digests, roots and signers
``keccak``         Keccak-256
``abi``            ABI decoding (the contract's payloads), one spelling
``cbor``           deterministic CBOR (RFC 8949, 4.2)
``limits``         how large an input may be
``text``           bytes to text; line and column
``json_text``      strict I-JSON to values; RFC 8785 out
``canonical_json`` the JSON of our own files
``reading``        strict reading of JSON members
``id_lists``       lists of ids as people have them: lines, tables, JSON
================== ====================================================
"""
