#!/usr/bin/env python3
"""Known answers for knox's constructions, made by a second implementation.

Primitives: PyNaCl (libsodium's own C code), hashlib's BLAKE2b, argon2-cffi (the reference Argon2). Written from docs/format.md; it
shares no code with knox. Debian: python3-nacl, python3-argon2.

    /usr/bin/python3 test/helpers/known-answers.py > test/fixtures/crypto-known-answers.json
"""
import base64
import hashlib
import json
import struct
import unicodedata

import argon2.low_level
import nacl.bindings as sodium


def frame(*fields):
    out = b""
    for field in fields:
        if isinstance(field, str):
            field = field.encode("utf-8")
        elif isinstance(field, int):
            field = struct.pack(">Q", field)
        out += struct.pack(">I", len(field)) + field
    return out


def blake(message, key=b""):
    return hashlib.blake2b(message, digest_size=32, key=key).digest()


def subkey(master, number, context):
    return hashlib.blake2b(
        b"", digest_size=32, key=master, salt=struct.pack("<Q", number).ljust(16, b"\0"), person=context.ljust(16, b"\0")
    ).digest()


def b64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def key_text(prefix, key):
    return prefix + b64url(key + blake(prefix.encode() + key)[:4])


def pad(value, block):
    length = (len(value) // block + 1) * block
    return value + b"\x80" + b"\0" * (length - len(value) - 1)


def box(value, place, key, nonce):
    padded = pad(value, 64 if len(value) < 4096 else 4096)
    data = frame(
        "knox/value/1", place["vault"], place["key"], place["secret"], place["name"], place["environment"], place["value"]
    )
    return nonce + sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(padded, data, nonce, key)


def cell(value):
    if value is None:
        return "n"
    if isinstance(value, str):
        return "t" + value
    if isinstance(value, int):
        return f"i{value}"
    return b"b" + value


def jsonable(value):
    return {"hex": value.hex()} if isinstance(value, bytes) else value


def seed(number):
    return bytes((number + index) % 256 for index in range(32))


def sign(secret_seed, message):
    _, private = sodium.crypto_sign_seed_keypair(secret_seed)
    return sodium.crypto_sign(message, private)[:64]


def frames():
    lists = [[], [""], ["knox/audit/1", "v", 1], ["ä", {"hex": "00ff"}, 2**40], ["ab", "c"], ["a", "bc"]]
    plain = lambda field: bytes.fromhex(field["hex"]) if isinstance(field, dict) else field
    return [{"fields": fields, "frame": frame(*map(plain, fields)).hex()} for fields in lists]


def values():
    place = {
        "vault": "vault-1",
        "key": "key-1",
        "secret": "secret-1",
        "name": "stripe_api_key",
        "environment": "production",
        "value": "value-1",
    }
    shared = dict(place, environment="", name="größe")
    out = []
    for where, length in [(place, 1), (place, 63), (place, 64), (shared, 4095), (place, 4096), (shared, 9000)]:
        value = bytes(index % 251 for index in range(length))
        nonce = bytes(range(length % 100, length % 100 + 24))
        sealed = box(value, where, seed(3), nonce)
        out.append({"place": where, "length": length, "key": seed(3).hex(), "size": len(sealed), "box": sealed.hex()})
    return out


def grant():
    slot_public, slot_secret = sodium.crypto_box_seed_keypair(seed(9))
    binding = {"vault": "vault-1", "key": "key-1", "environment": "production", "slot": "slot-1"}
    message = frame("knox/grant/1", binding["vault"], binding["key"], binding["environment"], binding["slot"], seed(5))
    return {
        "binding": binding,
        "grantedKey": seed(5).hex(),
        "publicKey": slot_public.hex(),
        "secret": slot_secret.hex(),
        "sealed": sodium.crypto_box_seal(message, slot_public).hex(),
    }


def passphrase():
    # The same text in another normal form: a ligature and a combining accent, which NFKC makes "ffi" and "é".
    text = "o\ufb03ce cafe\u0301 \u2460"
    salt = bytes(range(16))
    cost = {"memory": 65536, "passes": 3, "lanes": 4}
    key = argon2.low_level.hash_secret_raw(
        unicodedata.normalize("NFKC", text).encode(),
        salt,
        time_cost=cost["passes"],
        memory_cost=cost["memory"],
        parallelism=cost["lanes"],
        hash_len=32,
        type=argon2.low_level.Type.ID,
        version=19,
    )
    nonce = bytes(range(24))
    data = frame("knox/slot/1", "vault-1", "slot-1", salt, cost["memory"], cost["passes"], cost["lanes"])
    sealed = nonce + sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(seed(7) + seed(8), data, nonce, key)
    return {
        "passphrase": text,
        "normalised": unicodedata.normalize("NFKC", text),
        "vault": "vault-1",
        "slot": "slot-1",
        "salt": salt.hex(),
        **cost,
        "secret": seed(7).hex(),
        "identity": seed(8).hex(),
        "wrapped": sealed.hex(),
    }


def rows():
    cells = ["id-1", None, "", "n", 0, -1, 2**53 - 1, b"", b"\x00\xff"]
    digest_rows = [{"table": "current", "id": "a", "tag": seed(1).hex()}, {"table": "registration", "id": "b", "tag": seed(2).hex()}]
    fields = [field for row in digest_rows for field in (row["table"], row["id"], bytes.fromhex(row["tag"]))]
    row_key, digest_key = subkey(seed(4), 1, b"knox_row"), subkey(seed(4), 1, b"knox_dig")
    return {
        "key": seed(4).hex(),
        "rowKey": row_key.hex(),
        "digestKey": digest_key.hex(),
        "tag": {
            "vault": "vault-1",
            "table": "setting",
            "entry": 7,
            "cells": [jsonable(value) for value in cells],
            "tag": blake(frame("knox/row/1", "vault-1", "setting", 7, *map(cell, cells)), row_key).hex(),
        },
        "digest": {
            "vault": "vault-1",
            "environment": "production",
            "rows": digest_rows,
            "digest": blake(frame("knox/digest/1", "vault-1", "production", *fields), digest_key).hex(),
        },
        "emptyDigest": blake(frame("knox/digest/1", "vault-1", ""), digest_key).hex(),
    }


def chain():
    bodies = ['{"action":"init"}', '{"action":"get"}', "{}"]
    previous, out = bytes(32), []
    for number, body in enumerate(bodies, 1):
        previous = blake(frame("knox/audit/1", "vault-1", number, previous, body))
        out.append({"body": body, "hash": previous.hex()})
    return {"vault": "vault-1", "entries": out}


def signatures():
    body = b'{"seq":3}'
    root, audit = seed(11), seed(12)
    manifest_signature = sign(root, frame("knox/manifest/1", body))
    return {
        "body": body.decode(),
        "vault": "vault-1",
        "rootSeed": root.hex(),
        "identity": key_text("knox_vault_1_", sodium.crypto_sign_seed_keypair(root)[0]),
        "manifest": manifest_signature.hex(),
        "manifestHash": blake(frame("knox/manifest-hash/1", body, manifest_signature)).hex(),
        "auditSeed": audit.hex(),
        "auditKey": sodium.crypto_sign_seed_keypair(audit)[0].hex(),
        "head": sign(audit, frame("knox/head/1", "vault-1", body)).hex(),
    }


print(
    json.dumps(
        {
            "frames": frames(),
            "keyTexts": [
                {"kind": kind, "key": seed(20).hex(), "text": key_text(prefix, seed(20))}
                for kind, prefix in [("secret", "knox_key_1_"), ("public", "knox_pub_1_"), ("identity", "knox_vault_1_")]
            ],
            "slot": {"secret": seed(21).hex(), "publicKey": sodium.crypto_scalarmult_base(seed(21)).hex()},
            "commitment": {"key": seed(22).hex(), "commitment": blake(frame("knox/commit/1", seed(22))).hex()},
            "values": values(),
            "grant": grant(),
            "passphrase": passphrase(),
            "rows": rows(),
            "chain": chain(),
            "signatures": signatures(),
        },
        indent=1,
    )
)
