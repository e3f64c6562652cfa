#!/usr/bin/env python3
"""A second reader of knox's vaults, written from docs/format.md. It shares no code with knox.

    /usr/bin/python3 test/helpers/read-vault.py VAULT KEY_FILE

Verifies the manifest, the head, the whole audit chain, slots and grants, every row's tag and place in the log, and the digests, and
prints what it read, with every value, as one JSON document. Anything that does not verify ends it with exit 1.
Debian: python3-nacl.
"""
import base64
import hashlib
import json
import sqlite3
import struct
import sys

import nacl.bindings as sodium

# Table: (has an environment whose key authenticates its rows, is summed up in the head), in the format's order.
TABLES = {
    "lineage": (False, False),
    "secret": (False, False),
    "value": (True, False),
    "usage": (True, False),
    "auth_failure": (True, False),
    "current": (True, True),
    "registration": (True, True),
    "source": (True, True),
    "rotation": (False, True),
    "rotation_secret": (False, True),
    "rotation_environment": (True, True),
    "rotation_route": (True, True),
    "incident": (False, True),
    "exposure": (False, False),
    "notification": (True, True),
    "setting": (False, True),
}


class Refused(Exception):
    pass


def require(condition, what):
    if not condition:
        raise Refused(what)


def frame(*fields):
    out = b""
    for field in fields:
        if isinstance(field, str):
            field = field.encode("utf-8")
        elif isinstance(field, int):
            field = struct.pack(">Q", field)
        out += struct.pack(">I", len(field)) + field
    return out


def unframe(data):
    fields = []
    while data:
        (length,) = struct.unpack(">I", data[:4])
        require(len(data) >= 4 + length, "a grant is no frame")
        fields.append(data[4 : 4 + length])
        data = data[4 + length :]
    return fields


def blake(message, key=b""):
    return hashlib.blake2b(message, digest_size=32, key=key).digest()


def subkey(master, context):
    salt, person = struct.pack("<Q", 1).ljust(16, b"\0"), context.ljust(16, b"\0")
    return hashlib.blake2b(b"", digest_size=32, key=master, salt=salt, person=person).digest()


def read_key_text(prefix, text):
    require(text.startswith(prefix), f"not a {prefix}")
    encoded = text[len(prefix) :]
    data = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
    require(len(data) == 36 and blake(prefix.encode() + data[:32])[:4] == data[32:], f"a mistyped {prefix}")
    return data[:32]


def read_key_file(path):
    secret = identity = None
    for line in open(path, encoding="utf-8-sig"):
        line = line.strip()
        if line.startswith("knox_key_1_"):
            secret = read_key_text("knox_key_1_", line)
        elif line.startswith("knox_vault_1_"):
            identity = line
    require(secret is not None, "no key in the key file")
    return secret, identity


def is_signed(key, message, signature):
    try:
        sodium.crypto_sign_open(signature + message, key)
        return True
    except Exception:
        return False


def cell(value):
    if value is None:
        return "n"
    if isinstance(value, str):
        return "t" + value
    if isinstance(value, int):
        return f"i{value}"
    return b"b" + value


class Vault:
    def __init__(self, file, key_file):
        self.db = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
        self.secret, expected = read_key_file(key_file)
        (application,) = self.db.execute("PRAGMA application_id").fetchone()
        (version,) = self.db.execute("PRAGMA user_version").fetchone()
        require(application == 0x6B6E6F78 and version == 1, "not a vault of format 1")
        self.read_manifest(expected)
        self.read_head()
        self.read_slots()
        self.open_keys()

    def read_manifest(self, expected):
        body, signature = self.db.execute("SELECT body, signature FROM manifest WHERE id = 1").fetchone()
        self.manifest = json.loads(body)
        self.id = self.manifest["vault"]
        identity = self.manifest["identity"]
        require(expected in (None, identity), "another vault than the key file names")
        root = read_key_text("knox_vault_1_", identity)
        require(is_signed(root, frame("knox/manifest/1", body), signature), "the manifest's signature")
        self.manifest_hash = blake(frame("knox/manifest-hash/1", body, signature))

    def read_head(self):
        body, signature = self.db.execute("SELECT body, signature FROM head WHERE id = 1").fetchone()
        audit_key = bytes.fromhex(self.manifest["audit"]["publicKey"])
        require(is_signed(audit_key, frame("knox/head/1", self.id, body), signature), "the head's signature")
        self.head = json.loads(body)
        require(self.head["manifest"] == self.manifest_hash.hex(), "the head names another manifest")

    def read_slots(self):
        fields = ["knox/slots/1", self.id]
        slots = "SELECT id, kind, salt, memory, passes, lanes, wrapped, created_at FROM slot ORDER BY id"
        for slot_id, kind, salt, memory, passes, lanes, wrapped, created in self.db.execute(slots).fetchall():
            fields += [slot_id, kind, salt or b"", memory or 0, passes or 0, lanes or 0, wrapped or b"", created]
            grants = self.db.execute("SELECT key, sealed FROM grants WHERE slot = ? ORDER BY key", [slot_id]).fetchall()
            fields += [len(grants), *(field for grant in grants for field in grant)]
        require(self.head["slots"] == blake(frame(*fields)).hex(), "the digest of the slots")

    def open_keys(self):
        public = sodium.crypto_scalarmult_base(self.secret)
        self.slot = next((s for s in self.manifest["slots"] if read_key_text("knox_pub_1_", s["publicKey"]) == public), None)
        require(self.slot is not None, "the key opens no slot")
        self.public = public
        given = lambda name: self.slot["environments"] is None or name in self.slot["environments"]
        records = [(e["name"], e) for e in self.manifest["environments"]] + [("shared", self.manifest["shared"])]
        # The vault key stands under None, each environment's under its name.
        self.keys = {None: self.committed(self.manifest["vaultKey"], "")}
        self.keys.update({name: self.committed(record, name) for name, record in records if given(name)})
        self.key_ids = {name: record["key"] for name, record in records}
        audit_seed = self.granted(self.manifest["audit"]["key"], "")
        require(sodium.crypto_sign_seed_keypair(audit_seed)[0].hex() == self.manifest["audit"]["publicKey"], "the audit seed")
        if self.slot["admin"]:
            root_seed = self.granted(self.manifest["root"]["key"], "")
            root = read_key_text("knox_vault_1_", self.manifest["identity"])
            require(sodium.crypto_sign_seed_keypair(root_seed)[0] == root, "the root seed")

    def granted(self, key_id, environment):
        row = self.db.execute("SELECT sealed FROM grants WHERE slot = ? AND key = ?", [self.slot["id"], key_id]).fetchone()
        require(row is not None, "a grant is missing")
        *binding, key = unframe(sodium.crypto_box_seal_open(row[0], self.public, self.secret))
        expected = ["knox/grant/1", self.id, key_id, environment, self.slot["id"]]
        require([field.decode() for field in binding] == expected and len(key) == 32, "a grant is bound to something else")
        return key

    def committed(self, record, environment):
        key = self.granted(record["key"], environment)
        require(blake(frame("knox/commit/1", key)).hex() == record["commitment"], "a key's commitment")
        return key

    def walk_chain(self):
        previous, count, rows = bytes(32), 0, {table: {} for table in TABLES}
        for seq, body, stored in self.db.execute("SELECT seq, body, hash FROM audit ORDER BY seq"):
            count += 1
            require(seq == count, f"entry {count} is missing")
            previous = blake(frame("knox/audit/1", self.id, seq, previous, body))
            require(previous == stored, f"the hash of entry {seq}")
            for table, ids in json.loads(body)["rows"].items():
                for row_id in ids:
                    if row_id.startswith("-"):
                        rows[table].pop(row_id[1:], None)
                    else:
                        rows[table][row_id] = seq
        require(count == self.head["seq"] and previous.hex() == self.head["hash"], "the head's entry")
        return rows

    def check_rows(self, expected):
        self.tags = {owner: [] for owner in [None, *self.key_ids]}
        counts = {"verified": 0, "unverified": 0}
        for table, (has_environment, is_small) in TABLES.items():
            names = [name for _, name, *_ in self.db.execute(f'PRAGMA table_info("{table}")')]
            require(names[-2:] == ["entry", "tag"], f"the columns of {table}")
            for row in self.db.execute(f'SELECT * FROM "{table}" ORDER BY id').fetchall():
                *cells, entry, tag = row
                owner = dict(zip(names, cells))["environment"] if has_environment else None
                require(expected[table].pop(cells[0], None) == entry, f"a row of {table} is not as the log says")
                if owner in self.keys:
                    while cells and cells[-1] is None:
                        cells.pop()
                    message = frame("knox/row/1", self.id, table, entry, *map(cell, cells))
                    require(blake(message, subkey(self.keys[owner], b"knox_row")) == tag, f"the tag of a row of {table}")
                    counts["verified"] += 1
                else:
                    require(owner in self.key_ids, f"a row of {table} is of an unknown environment")
                    counts["unverified"] += 1
                if is_small:
                    self.tags[owner].append((table, cells[0], tag))
            require(not expected[table], f"a row of {table} is missing")
        return counts

    def check_digests(self):
        require(set(self.head["environments"]) == set(self.key_ids), "the head's environments")
        for owner, key in self.keys.items():
            fields = [field for row in self.tags[owner] for field in row]
            digest = blake(frame("knox/digest/1", self.id, owner or "", *fields), subkey(key, b"knox_dig")).hex()
            require(digest == (self.head["vault"] if owner is None else self.head["environments"][owner]), "a digest of the head")

    def values(self):
        out = []
        query = (
            "SELECT secret.id, secret.name, value.id, value.environment, value.key, value.box FROM value"
            " JOIN secret ON secret.id = value.secret WHERE secret.state <> 'deleted'"
        )
        for secret_id, name, value_id, environment, key_id, box in self.db.execute(query):
            if environment not in self.keys:
                continue
            require(key_id == self.key_ids[environment], "a value under a key that is not in force")
            bound = "" if environment == "shared" else environment
            data = frame("knox/value/1", self.id, key_id, secret_id, name, bound, value_id)
            padded = sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(box[24:], data, box[:24], self.keys[environment])
            require(len(padded) % (64 if len(padded) <= 4096 else 4096) == 0, "a value's padding")
            plain = padded.rstrip(b"\0")
            require(plain.endswith(b"\x80"), "a value's padding")
            out.append({"name": name, "environment": environment, "base64": base64.b64encode(plain[:-1]).decode()})
        return sorted(out, key=lambda value: (value["name"], value["environment"]))


def main(file, key_file):
    vault = Vault(file, key_file)
    rows = vault.check_rows(vault.walk_chain())
    vault.check_digests()
    head = vault.head
    print(
        json.dumps(
            {
                "vault": vault.id,
                "identity": vault.manifest["identity"],
                "slot": vault.slot["label"],
                "entries": head["seq"],
                "head": head["hash"],
                "rows": rows,
                "values": vault.values(),
            }
        )
    )


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except Refused as refused:
        sys.exit(f"refused: {refused}")
