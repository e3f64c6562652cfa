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


def frames():
    lists = [[], [""], ["knox/audit/1", "v", 1], ["ä", {"hex": "00ff"}, 2**40, -3], ["ab", "c"], ["a", "bc"]]
    plain = lambda field: bytes.fromhex(field["hex"]) if isinstance(field, dict) else field
    return [{"fields": fields, "frame": frame(*map(plain, fields)).hex()} for fields in lists]


def values():
    place = {"vault": "vault-1", "key": "key-1", "realm": "realm-1", "name": "stripe_api_key", "value": "value-1"}
    other = dict(place, realm="realm-2", name="größe")
    out = []
    for where, length in [(place, 1), (place, 63), (place, 64), (other, 4095), (place, 4096), (other, 9000)]:
        value = bytes(index % 251 for index in range(length))
        nonce = bytes(range(length % 100, length % 100 + 24))
        sealed = encrypt(pad(value), value_data(*where.values()), seed(3), nonce)
        out.append({"place": where, "length": length, "key": seed(3).hex(), "size": len(sealed), "box": sealed.hex()})
    return out


def sealed_to(public, message):
    """crypto_box_seal with a key pair of its own that is not random, as libsodium's documentation states it; libsodium itself opens it."""
    ephemeral_public, ephemeral_secret = sodium.crypto_box_seed_keypair(seed(13))
    nonce = hashlib.blake2b(ephemeral_public + public, digest_size=24).digest()
    return ephemeral_public + sodium.crypto_box(message, nonce, public, ephemeral_secret)


def grant():
    pairs = Pairs(seed(9))
    binding = {"vault": "vault-1", "key": "key-1", "realm": "realm-1", "slot": "slot-1"}
    sealed = sealed_to(pairs.box_public, grant_message(*binding.values(), seed(5)))
    opened = open_grant(sealed, pairs.box_public, pairs.box_secret, *binding.values())
    require(opened == seed(5), "libsodium opens it")
    root = sealed_to(pairs.box_public, grant_message("vault-1", "key-2", "", "slot-1", seed(6)))
    return {
        "binding": binding,
        "slotSecret": seed(9).hex(),
        "grantedKey": seed(5).hex(),
        "sealed": sealed.hex(),
        "rootSealed": root.hex(),
        "hash": grants_hash("vault-1", "slot-1", [("key-1", sealed), ("key-2", root)]).hex(),
    }


def slot():
    pairs = Pairs(seed(21))
    return {
        "secret": seed(21).hex(),
        "boxSecret": pairs.box_secret.hex(),
        "signingSeed": pairs.seed.hex(),
        "publicKey": pairs.public_text,
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


def records():
    """A name with a value in one place, a route, and the lists that hang together from the realm's root."""
    vault, realm = "vault-1", "realm-1"
    name, route, box = '{"name":"api_key"}', '{"id":"route-1"}', seed(1) + seed(2)
    value = '{"id":"value-1","name":"api_key"}'
    name_digest = record_digest(vault, realm, "name", "api_key", 3, name)
    value_digest = record_digest(vault, realm, "value", "value-1", 2, value, box)
    route_digest = record_digest(vault, realm, "route", "route-1", 4, route)
    place = place_of("api_key")
    listed = [("name", "api_key", name_digest), ("value", "value-1", value_digest)]
    routes = kind_digest(realm, "route", [("route-1", route_digest)])
    node_list = byte_list({place & 255: place_digest(realm, place, listed)})
    node = node_digest(realm, place >> 8, node_list)
    root = root_list([routes, None, None, None, None], {place >> 8: node})
    empty = root_list([None] * 5, {})
    return {
        "vault": vault,
        "realm": realm,
        "name": {"id": "api_key", "entry": 3, "body": name, "digest": name_digest.hex()},
        "value": {"id": "value-1", "entry": 2, "body": value, "box": box.hex(), "digest": value_digest.hex()},
        "route": {"id": "route-1", "entry": 4, "body": route, "digest": route_digest.hex()},
        "place": place,
        "umlautPlace": place_of("größe"),
        "placeDigest": place_digest(realm, place, listed).hex(),
        "kindDigest": routes.hex(),
        "nodeList": node_list.hex(),
        "nodeDigest": node.hex(),
        "rootList": root.hex(),
        "rootDigest": root_digest(realm, root).hex(),
        "emptyRoot": {"list": empty.hex(), "digest": root_digest(realm, empty).hex()},
    }


def sealed():
    part = {"vault": "vault-1", "realm": "realm-1", "manifest": seed(1).hex(), "seq": 7, "hash": seed(2).hex(), "root": seed(3).hex()}
    made = seal(seed(4), "vault-1", "realm-1", seed(1), 7, seed(2), seed(3))
    return {"realmKey": seed(4).hex(), "sealKey": subkey(seed(4), 1, b"knox_sea").hex(), "part": part, "seal": made.hex()}


def use():
    line = {
        "at": "2025-03-01T10:00:00.000Z",
        "vault": "vault-1",
        "secret": "api_key",
        "environment": "production",
        "realm": "realm-1",
        "consumer": "config/app.env",
        "actor": "ci@runner",
        "slot": "slot-1",
        "detail": "",
    }
    return {"seed": seed(12).hex(), "use": line, "signature": sign(seed(12), use_message(line)).hex()}


def vouched():
    text = '["api_key","command",[["create","make"]]]'
    what = {"vault": "vault-1", "realm": "realm-1", "kind": "source", "id": "api_key", "entry": 5, "text": text}
    return {"seed": seed(12).hex(), "vouched": what, "signature": sign(seed(12), vouch_message(*what.values())).hex()}


def chain():
    bodies = ['{"action":"init"}', '{"action":"get"}', "{}"]
    previous, out = bytes(32), []
    for number, body in enumerate(bodies, 1):
        previous = entry_hash("vault-1", number, previous, body)
        out.append({"body": body, "hash": previous.hex()})
    return {"vault": "vault-1", "entries": out}


def signatures():
    body = b'{"seq":3}'
    root, slot_seed, next_root = seed(11), seed(12), signing_public_key(seed(14))
    manifest_signature = sign(root, manifest_message(body))
    link = link_message("vault-1", 9, signing_public_key(root), next_root, 4)
    return {
        "body": body.decode(),
        "vault": "vault-1",
        "rootSeed": root.hex(),
        "identity": key_text("knox_vault_1_", signing_public_key(root)),
        "manifest": manifest_signature.hex(),
        "manifestHash": manifest_hash(body, manifest_signature).hex(),
        "slotSeed": slot_seed.hex(),
        "slotKey": signing_public_key(slot_seed).hex(),
        "head": sign(slot_seed, head_message("vault-1", body)).hex(),
        "entry": {"seq": 9, "hash": seed(2).hex(), "signature": sign(slot_seed, entry_message("vault-1", 9, seed(2))).hex()},
        "link": {"seq": 9, "next": next_root.hex(), "generation": 4, "signature": sign(root, link).hex()},
    }


KINDS = [
    ("secret", "knox_key_1_", seed(20)),
    ("public", "knox_pub_1_", seed(20) + seed(90)),
    ("identity", "knox_vault_1_", seed(20)),
]
ANSWERS = {
    "frames": frames(),
    "keyTexts": [{"kind": kind, "key": key.hex(), "text": key_text(prefix, key)} for kind, prefix, key in KINDS],
    "slot": slot(),
    "commitment": {"key": seed(22).hex(), "commitment": commitment(seed(22)).hex()},
    "values": values(),
    "grant": grant(),
    "passphrase": passphrase(),
    "records": records(),
    "seal": sealed(),
    "use": use(),
    "vouch": vouched(),
    "chain": chain(),
    "signatures": signatures(),
}
print(json.dumps(ANSWERS, indent=1))
