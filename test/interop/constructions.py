"""The constructions of docs/format.md, for the two programs beside this file. Nothing here comes from knox.

Primitives: PyNaCl (libsodium's own C code), hashlib's BLAKE2b, argon2-cffi (the reference Argon2; libsodium's own takes one lane only).
Debian: python3-nacl, python3-argon2.
"""
import base64
import hashlib
import struct
import unicodedata

import nacl.bindings as sodium
from nacl.exceptions import CryptoError

NONCE, KEY = 24, 32
# Key text: what it is of, and how many bytes that has.
SIZES = {"knox_key_1_": 32, "knox_pub_1_": 64, "knox_vault_1_": 32}

class Refused(Exception):
    """What was read is not what the format, a key or a signature says."""


def require(condition, what):
    if not condition:
        raise Refused(what)


def frame(*fields):
    out = b""
    for field in fields:
        if isinstance(field, str):
            field = field.encode("utf-8")
        elif isinstance(field, int):
            field = struct.pack(">q", field)
        out += struct.pack(">I", len(field)) + field
    return out


def unframe(data, what):
    fields = []
    while data:
        require(len(data) >= 4, what)
        (length,) = struct.unpack(">I", data[:4])
        require(len(data) >= 4 + length, what)
        fields.append(data[4 : 4 + length])
        data = data[4 + length :]
    return fields


def blake(message, key=b""):
    return hashlib.blake2b(message, digest_size=32, key=key).digest()


def subkey(master, number, context):
    """crypto_kdf_derive_from_key(32, number, context, master), which is BLAKE2b: PyNaCl does not have it by its name."""
    salt, person = struct.pack("<Q", number).ljust(16, b"\0"), context.ljust(16, b"\0")
    return hashlib.blake2b(b"", digest_size=32, key=master, salt=salt, person=person).digest()


# Key text and key files (section 1)


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def key_text(prefix, key):
    return prefix + base64url(key + blake(prefix.encode() + key)[:4])


def read_key_text(prefix, text):
    require(isinstance(text, str) and text.startswith(prefix), f"not a {prefix}")
    encoded = text[len(prefix) :]
    try:
        key = base64.b64decode(encoded + "=" * (-len(encoded) % 4), altchars=b"-_", validate=True)[: SIZES[prefix]]
    except ValueError:
        raise Refused(f"a mistyped {prefix}") from None
    require(len(key) == SIZES[prefix] and key_text(prefix, key) == text, f"a mistyped {prefix}")
    return key


def read_key_file(text):
    """The slot's secret, and the identity as text or None."""
    found = {"knox_key_1_": set(), "knox_vault_1_": set()}
    for line in text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        line = line.strip()
        if line == "" or line.startswith("#"):
            continue
        prefix = next((known for known in found if line.startswith(known)), None)
        require(prefix is not None, "a line of the key file is none of its kinds")
        found[prefix].add((read_key_text(prefix, line), line))
    secrets, identities = found.values()
    require(len(secrets) == 1 and len(identities) <= 1, "a key file has one key and at most one identity")
    return next(iter(secrets))[0], next((line for _, line in identities), None)


# A slot's pairs (section 4)


class Pairs:
    def __init__(self, secret):
        self.box_secret, self.seed = subkey(secret, 1, b"knox_box"), subkey(secret, 2, b"knox_sig")
        self.box_public, self.signing_public = sodium.crypto_scalarmult_base(self.box_secret), signing_public_key(self.seed)
        self.public_text = key_text("knox_pub_1_", self.box_public + self.signing_public)


def halves(public_text):
    """X25519, Ed25519."""
    key = read_key_text("knox_pub_1_", public_text)
    return key[:KEY], key[KEY:]


# Signatures and hashes (sections 3, 6, 7 and 8)


def is_signed(key, message, signature):
    try:
        sodium.crypto_sign_open(signature + message, key)
        return len(signature) == 64
    except (CryptoError, ValueError):
        return False


def sign(seed, message):
    return sodium.crypto_sign(message, sodium.crypto_sign_seed_keypair(seed)[1])[:64]


def signing_public_key(seed):
    return sodium.crypto_sign_seed_keypair(seed)[0]


def manifest_message(body):
    return frame("knox/manifest/1", body)


def manifest_hash(body, signature):
    return blake(frame("knox/manifest-hash/1", body, signature))


def head_message(vault, body):
    return frame("knox/head/1", vault, body)


def link_message(vault, number, previous, identity, generation):
    """The two as keys of 32 bytes."""
    return frame("knox/link/1", vault, number, previous, identity, generation)


def entry_message(vault, number, entry):
    return frame("knox/entry/1", vault, number, entry)


def vouch_message(vault, realm, kind, record, entry, text):
    return frame("knox/vouch/1", vault, realm, kind, record, entry, text)


def seal(realm_key, vault, realm, manifest, number, entry, root):
    return blake(frame("knox/seal/1", vault, realm, manifest, number, entry, root), subkey(realm_key, 1, b"knox_sea"))


def entry_hash(vault, number, previous, body):
    return blake(frame("knox/audit/1", vault, number, previous, body))


def commitment(key):
    return blake(frame("knox/commit/1", key))


# Grants and passphrases (section 4)


def grant_message(vault, key_id, realm, slot, key):
    return frame("knox/grant/1", vault, key_id, realm, slot, key)


def grants_hash(vault, slot, grants):
    """grants: key id and what is sealed of each, in order."""
    return blake(frame("knox/grants/1", vault, slot, *(field for grant in grants for field in grant)))


def open_grant(sealed, public, secret, vault, key_id, realm, slot):
    try:
        message = sodium.crypto_box_seal_open(sealed, public, secret)
    except (CryptoError, ValueError):
        raise Refused("a grant does not open") from None
    key = unframe(message, "a grant is no frame")[-1]
    bound = message == grant_message(vault, key_id, realm, slot, key)
    require(bound and len(key) == KEY, "a grant is bound to something else")
    return key


def passphrase_key(passphrase, salt, memory, passes, lanes):
    from argon2.low_level import Type, hash_secret_raw

    secret = unicodedata.normalize("NFKC", passphrase).encode()
    return hash_secret_raw(secret, salt, passes, memory, lanes, hash_len=KEY, type=Type.ID, version=0x13)


def slot_data(vault, slot, salt, memory, passes, lanes):
    return frame("knox/slot/1", vault, slot, salt, memory, passes, lanes)


def unwrap_slot(passphrase, vault, slot, salt, memory, passes, lanes, wrapped):
    """The slot's secret and the identity's public key, or None where the passphrase is another one."""
    require(len(salt) == 16 and len(wrapped) == NONCE + 2 * KEY + 16, "the sizes of a passphrase's slot")
    bounded = memory <= 1048576 and 1 <= passes <= 10 and 1 <= lanes <= 16 and memory >= 8 * lanes
    require(bounded, "the cost of a passphrase's slot")
    key = passphrase_key(passphrase, salt, memory, passes, lanes)
    content = decrypt(wrapped, slot_data(vault, slot, salt, memory, passes, lanes), key)
    return None if content is None else (content[:KEY], content[KEY:])


# Values (sections 4 and 5)


def encrypt(content, data, key, nonce):
    return nonce + sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(content, data, nonce, key)


def decrypt(box, data, key):
    """None where it does not open."""
    try:
        return sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(box[NONCE:], data, box[:NONCE], key)
    except (CryptoError, ValueError):
        return None


def value_data(vault, key_id, realm, name, value):
    return frame("knox/value/1", vault, key_id, realm, name, value)


def pad(value):
    block = 64 if len(value) < 4096 else 4096
    return value + b"\x80" + bytes(block - len(value) % block - 1)


def unpad(padded):
    value = padded.rstrip(b"\0")
    require(value.endswith(b"\x80") and pad(value[:-1]) == padded and len(value) > 1, "a value's padding")
    return value[:-1]


# Records and lists (section 6)


def place_of(name):
    return int.from_bytes(blake(name.encode())[:2], "big")


def record_digest(vault, realm, kind, record, entry, body, box=None):
    return blake(frame("knox/record/1", vault, realm, kind, record, entry, body, *([] if box is None else [box])))


def list_digest(realm, *fields):
    return blake(frame("knox/list/1", realm, *fields))


def place_digest(realm, place, records):
    """records: kind, id and digest of each, in order; None where there are none."""
    return list_digest(realm, "place", place, *(field for record in records for field in record)) if records else None


def kind_digest(realm, kind, records):
    """records: id and digest of each, in order; None where there are none."""
    return list_digest(realm, kind, *(field for record in records for field in record)) if records else None


def byte_list(digests):
    """digests: by byte; those of nothing are left out."""
    return b"".join(bytes([byte]) + digests[byte] for byte in sorted(digests))


def node_digest(realm, node, listed):
    return list_digest(realm, "node", node, listed) if listed else None


def root_list(kinds, nodes):
    """kinds: the digest of each in the format's order, or None; nodes: digests by number."""
    return b"".join(digest or bytes(32) for digest in kinds) + byte_list(nodes)


def root_digest(realm, listed):
    return list_digest(realm, "root", listed)


# Uses written down elsewhere (section 12)

USE_FIELDS = ["vault", "at", "secret", "environment", "realm", "consumer", "actor", "slot", "detail"]


def use_message(use):
    """use: the object of a line, without its signature."""
    return frame("knox/use/1", *(use[field] for field in USE_FIELDS))
