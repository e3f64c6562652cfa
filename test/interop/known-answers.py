#!/usr/bin/env python3
"""Known answers for knox's constructions, made by a second implementation, the same at each run.

    /usr/bin/python3 test/interop/known-answers.py > test/fixtures/crypto-known-answers.json
"""
import hashlib
import json
import unicodedata

import nacl.bindings as sodium

from constructions import *


def seed(number):
    return bytes((number + index) % 256 for index in range(32))


def jsonable(value):
    return {"hex": value.hex()} if isinstance(value, bytes) else value


def frames():
    lists = [[], [""], ["knox/audit/1", "v", 1], ["ä", {"hex": "00ff"}, 2**40, -3], ["ab", "c"], ["a", "bc"]]
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
        sealed = encrypt(pad(value), value_data(*where.values()), seed(3), nonce)
        out.append({"place": where, "length": length, "key": seed(3).hex(), "size": len(sealed), "box": sealed.hex()})
    return out


def seal(message, public):
    """crypto_box_seal with a key pair of its own that is not random, as libsodium's documentation states it; libsodium itself opens it."""
    ephemeral_public, ephemeral_secret = sodium.crypto_box_seed_keypair(seed(13))
    nonce = hashlib.blake2b(ephemeral_public + public, digest_size=24).digest()
    return ephemeral_public + sodium.crypto_box(message, nonce, public, ephemeral_secret)


def grant():
    slot_public, slot_secret = sodium.crypto_box_seed_keypair(seed(9))
    binding = {"vault": "vault-1", "key": "key-1", "environment": "production", "slot": "slot-1"}
    sealed = seal(grant_message(*binding.values(), seed(5)), slot_public)
    require(open_grant(sealed, slot_public, slot_secret, *binding.values()) == seed(5), "libsodium opens it")
    return {
        "binding": binding,
        "grantedKey": seed(5).hex(),
        "publicKey": slot_public.hex(),
        "secret": slot_secret.hex(),
        "sealed": sealed.hex(),
    }


def passphrase():
    # The same text in another normal form: a ligature and a combining accent, which NFKC makes "ffi" and "é".
    text = "o\ufb03ce cafe\u0301 \u2460"
    salt, cost = bytes(range(16)), {"memory": 65536, "passes": 3, "lanes": 4}
    data = slot_data("vault-1", "slot-1", salt, *cost.values())
    wrapped = encrypt(seed(7) + seed(8), data, passphrase_key(text, salt, *cost.values()), bytes(range(24)))
    return {
        "passphrase": text,
        "normalised": unicodedata.normalize("NFKC", text),
        "vault": "vault-1",
        "slot": "slot-1",
        "salt": salt.hex(),
        **cost,
        "secret": seed(7).hex(),
        "identity": seed(8).hex(),
        "wrapped": wrapped.hex(),
    }


def rows():
    cells = ["id-1", None, "", "n", 0, -1, 2**53 - 1, b"", b"\x00\xff"]
    small = [("current", "a", seed(1)), ("registration", "b", seed(2))]
    return {
        "key": seed(4).hex(),
        "rowKey": row_key(seed(4)).hex(),
        "digestKey": digest_key(seed(4)).hex(),
        "tag": {
            "vault": "vault-1",
            "table": "setting",
            "entry": 7,
            "cells": [jsonable(value) for value in cells],
            "tag": row_tag(row_key(seed(4)), "vault-1", "setting", cells, 7).hex(),
        },
        "digest": {
            "vault": "vault-1",
            "environment": "production",
            "rows": [{"table": table, "id": row, "tag": tag.hex()} for table, row, tag in small],
            "digest": rows_digest(digest_key(seed(4)), "vault-1", "production", small).hex(),
        },
        "emptyDigest": rows_digest(digest_key(seed(4)), "vault-1", "", []).hex(),
    }


def use():
    line = {
        "at": "2025-03-01T10:00:00.000Z",
        "vault": "vault-1",
        "secret": "api_key",
        "environment": "production",
        "consumer": "config/app.env",
        "actor": "ci@runner",
        "key": "slot-1",
        "id": "secret-1",
        "under": "key-2",
        "detail": "",
    }
    return {"environmentKey": seed(4).hex(), "use": line, "tag": use_tag(row_key(seed(4)), line).hex()}


def chain():
    bodies = ['{"action":"init"}', '{"action":"get"}', "{}"]
    previous, out = bytes(32), []
    for number, body in enumerate(bodies, 1):
        previous = entry_hash("vault-1", number, previous, body)
        out.append({"body": body, "hash": previous.hex()})
    return {"vault": "vault-1", "entries": out}


def slots():
    """A slot of a key file with two grants, and one of a passphrase with none."""
    plain = ("slot-1", "key-file", None, None, None, None, None, "2025-03-01T10:00:00.000Z")
    secret = ("slot-2", "passphrase", seed(1)[:16], 65536, 3, 4, seed(2), "2025-03-02T10:00:00.000Z")
    grants = [("key-1", seed(3)), ("key-2", seed(4))]
    names = ["id", "kind", "salt", "memory", "passes", "lanes", "wrapped", "createdAt"]
    return {
        "vault": "vault-1",
        "slots": [dict(zip(names, map(jsonable, slot))) for slot in (plain, secret)],
        "grants": [{"slot": "slot-1", "key": key, "sealed": jsonable(sealed)} for key, sealed in grants],
        "digest": slots_digest("vault-1", [(plain, grants), (secret, [])]).hex(),
    }


def signatures():
    body = b'{"seq":3}'
    root, audit = seed(11), seed(12)
    manifest_signature = sign(root, manifest_message(body))
    return {
        "body": body.decode(),
        "vault": "vault-1",
        "rootSeed": root.hex(),
        "identity": key_text("knox_vault_1_", signing_public_key(root)),
        "manifest": manifest_signature.hex(),
        "manifestHash": manifest_hash(body, manifest_signature).hex(),
        "auditSeed": audit.hex(),
        "auditKey": signing_public_key(audit).hex(),
        "head": sign(audit, head_message("vault-1", body)).hex(),
    }


KINDS = [("secret", "knox_key_1_"), ("public", "knox_pub_1_"), ("identity", "knox_vault_1_")]
ANSWERS = {
    "frames": frames(),
    "keyTexts": [{"kind": kind, "key": seed(20).hex(), "text": key_text(prefix, seed(20))} for kind, prefix in KINDS],
    "slot": {"secret": seed(21).hex(), "publicKey": sodium.crypto_scalarmult_base(seed(21)).hex()},
    "commitment": {"key": seed(22).hex(), "commitment": commitment(seed(22)).hex()},
    "values": values(),
    "grant": grant(),
    "passphrase": passphrase(),
    "rows": rows(),
    "use": use(),
    "slots": slots(),
    "chain": chain(),
    "signatures": signatures(),
}
print(json.dumps(ANSWERS, indent=1))
