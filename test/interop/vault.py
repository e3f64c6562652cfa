"""A vault as docs/format.md describes it, opened and checked step by step. Every check that fails raises Refused."""
import json
import sqlite3
import struct

import nacl.bindings as sodium

from constructions import *
from tables import AUDIT, GRANT, SIGNED, SLOT, TABLES, columns_of, has_type, statements


def document(body, what):
    try:
        found = json.loads(body.decode("utf-8"))
    except ValueError:
        raise Refused(what) from None
    require(isinstance(found, dict), what)
    return found


class Vault:
    """`secret`: of the slot, or None to look without a key; `passphrase` in its place; `expected`: the identity."""

    def __init__(self, file, secret=None, passphrase=None, expected=None):
        check_header(file)
        self.db = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
        stored = [sql for (sql,) in self.db.execute("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL")]
        require(sorted(stored) == sorted(statements()), "the schema")
        self.read_manifest()
        self.read_head()
        self.read_slots()
        if passphrase is not None:
            secret, identity = self.open_passphrase(passphrase)
            own = key_text("knox_vault_1_", identity)
            require(expected in (None, own), "the passphrase's slot names another identity")
            expected = own
        require(expected is None or self.leads(expected), "another vault than the one that is expected")
        self.keys, self.slot = {}, None
        if secret is not None:
            self.open_keys(secret)

    def rows(self, what, kinds, sql, *values):
        """Rows whose every column has its type: SQLite keeps types when it writes, not when it reads."""
        found = self.db.execute(sql, values).fetchall()
        for row in found:
            require(all(map(has_type, row, kinds)), f"a type in {what}")
        return found

    def link(self, seq, body, signature):
        """The identities before and after an entry that made the keys anew."""
        entry = document(body, f"the JSON of entry {seq}")
        require(entry["action"] == "rekey", f"entry {seq} is signed and no link")
        before, after = entry["detail"]["previous"], entry["detail"]["identity"]
        root = read_key_text("knox_vault_1_", before)
        require(is_signed(root, link_message(self.id, seq, body), signature), f"the link of entry {seq}")
        return before, after

    def leads(self, expected):
        identity = expected
        for seq, body, _, signature in self.rows("audit", AUDIT, "SELECT seq, body, hash, signature FROM audit WHERE signature IS NOT NULL ORDER BY seq"):
            if identity == self.manifest["identity"]:
                break
            before, after = self.link(seq, body, signature)
            identity = after if before == identity else identity
        return identity == self.manifest["identity"]

    def read_manifest(self):
        [(body, signature)] = self.rows("the manifest", SIGNED, "SELECT body, signature FROM manifest WHERE id = 1") or [(b"", b"")]
        manifest = document(body, "the manifest's JSON")
        require(manifest.get("format") == 1, "the manifest's format")
        root = read_key_text("knox_vault_1_", manifest["identity"])
        require(is_signed(root, manifest_message(body), signature), "the manifest's signature")
        environments = manifest["environments"]
        self.records = {**{one["name"]: one for one in environments}, "shared": manifest["shared"]}
        named = [*self.records.values(), manifest["vaultKey"], manifest["audit"], manifest["root"]]
        require(len({one["key"] for one in named}) == len(environments) + 4, "distinct environments and keys")
        require(len({slot["id"] for slot in manifest["slots"]}) == len(manifest["slots"]), "distinct slots")
        self.manifest, self.id, self.root = manifest, manifest["vault"], root
        self.manifest_hash = manifest_hash(body, signature)

    def read_head(self):
        [(body, signature)] = self.rows("the head", SIGNED, "SELECT body, signature FROM head WHERE id = 1") or [(b"", b"")]
        audit_key = bytes.fromhex(self.manifest["audit"]["publicKey"])
        require(is_signed(audit_key, head_message(self.id, body), signature), "the head's signature")
        self.head = document(body, "the head's JSON")
        require(self.head["manifest"] == self.manifest_hash.hex(), "the head names another manifest")
        require(set(self.head["environments"]) == set(self.records), "the head's environments")

    def read_slots(self):
        columns = "id, kind, salt, memory, passes, lanes, wrapped, created_at"
        slots = sorted(self.rows("slot", SLOT, f"SELECT {columns} FROM slot"), key=lambda slot: slot[0].encode())
        self.grants = {slot[0]: {} for slot in slots}
        for slot, key, sealed in self.rows("grants", GRANT, "SELECT slot, key, sealed FROM grants"):
            require(slot in self.grants, "a grant is of no slot")
            self.grants[slot][key] = sealed
        listed = [(slot, sorted(self.grants[slot[0]].items(), key=lambda grant: grant[0].encode())) for slot in slots]
        require(self.head["slots"] == slots_digest(self.id, listed).hex(), "the digest of the slots")
        self.slot_rows = {slot[0]: slot[1:] for slot in slots}
        kinds = {name: row[0] for name, row in self.slot_rows.items()}
        require(kinds == {slot["id"]: slot["kind"] for slot in self.manifest["slots"]}, "slots that the manifest does not name")

    def open_passphrase(self, passphrase):
        for slot in self.manifest["slots"]:
            if slot["kind"] == "passphrase":
                _, *wrapped, _ = self.slot_rows[slot["id"]]
                require(None not in wrapped, "a passphrase's slot is not whole")
                opened = unwrap_slot(passphrase, self.id, slot["id"], *wrapped)
                if opened is not None:
                    return opened
        raise Refused("the passphrase opens no slot")

    def open_keys(self, secret):
        """Every grant of the slot, each held against its commitment or its public half."""
        self.public, self.secret = sodium.crypto_scalarmult_base(secret), secret
        own = key_text("knox_pub_1_", self.public)
        self.slot = next((slot for slot in self.manifest["slots"] if slot["publicKey"] == own), None)
        require(self.slot is not None, "the key opens no slot")
        given = self.slot["environments"]
        # The vault key stands under None, each environment's under its name.
        opened = {None: self.manifest["vaultKey"]}
        opened.update({name: one for name, one in self.records.items() if given is None or name in given})
        self.keys = {name: self.committed(record, name or "") for name, record in opened.items()}
        expected = {record["key"] for record in opened.values()} | {self.manifest["audit"]["key"]}
        audit_seed = self.granted(self.manifest["audit"]["key"], "")
        require(signing_public_key(audit_seed).hex() == self.manifest["audit"]["publicKey"], "the audit seed")
        if self.slot["admin"]:
            root_seed = self.granted(self.manifest["root"]["key"], "")
            require(signing_public_key(root_seed) == self.root, "the root seed")
            expected.add(self.manifest["root"]["key"])
        require(set(self.grants[self.slot["id"]]) == expected, "grants that the manifest does not give the slot")

    def granted(self, key_id, environment):
        sealed = self.grants[self.slot["id"]].get(key_id)
        require(sealed is not None, "a grant is missing")
        return open_grant(sealed, self.public, self.secret, self.id, key_id, environment, self.slot["id"])

    def committed(self, record, environment):
        key = self.granted(record["key"], environment)
        require(commitment(key).hex() == record["commitment"], "a key's commitment")
        return key

    def walk_chain(self):
        """The entries, and for each table which entry last put each row that is left."""
        previous, entries, rows = bytes(32), [], {table: {} for table in TABLES}
        identity = None
        for seq, body, stored, signature in self.rows("audit", AUDIT, "SELECT seq, body, hash, signature FROM audit ORDER BY seq"):
            require(seq == len(entries) + 1, f"entry {len(entries) + 1} is missing")
            previous = entry_hash(self.id, seq, previous, body)
            require(previous == stored, f"the hash of entry {seq}")
            entry = document(body, f"the JSON of entry {seq}")
            if seq == 1:
                identity = entry["detail"]["identity"]
            require((signature is not None) == (entry["action"] == "rekey"), f"the signature of entry {seq}")
            if signature is not None:
                before, after = self.link(seq, body, signature)
                require(before == identity, f"the link of entry {seq} takes over from another identity")
                identity = after
            for table, ids in entry["rows"].items():
                for row in ids:
                    if row.startswith("-"):
                        rows[table].pop(row[1:], None)
                    else:
                        rows[table][row] = seq
            entries.append({"seq": seq, "hash": stored.hex(), **entry})
        require(len(entries) == self.head["seq"] and previous.hex() == self.head["hash"], "the head's entry")
        require(entries[-1]["at"] == self.head["at"], "the head's time")
        require(identity == self.manifest["identity"], "the identity that the links lead to")
        return entries, rows

    def read_tables(self, expected):
        """Every row of every table by its id, each with its entry and, where the key is at hand, its tag checked."""
        self.tables, self.verified, self.unverified = {}, 0, 0
        small = {owner: [] for owner in [None, *self.records]}
        for table, (owner_kind, is_small, _) in TABLES.items():
            columns = columns_of(table)
            read = self.rows(table, [kind for _, kind in columns], f'SELECT * FROM "{table}" NOT INDEXED')
            found = {row[0]: dict(zip((name for name, _ in columns), row)) for row in read}
            require(len(found) == len(read), f"an id of {table} stands twice")
            found = {name: found[name] for name in sorted(found, key=str.encode)}
            for name in found:
                *cells, entry, tag = found[name].values()
                owner = found[name]["environment"] if owner_kind == "environment" else None
                require(owner in small, f"a row of {table} is of an unknown environment")
                require(expected[table].pop(name, None) == entry, f"a row of {table} is not as the log says")
                if owner in self.keys:
                    require(row_tag(row_key(self.keys[owner]), self.id, table, cells, entry) == tag, f"the tag of a row of {table}")
                    self.verified += 1
                else:
                    self.unverified += 1
                if is_small:
                    small[owner].append((table, name, tag))
            require(not expected[table], f"a row of {table} is missing")
            self.tables[table] = found
        for owner, key in self.keys.items():
            digest = self.head["vault"] if owner is None else self.head["environments"][owner]
            require(rows_digest(digest_key(key), self.id, owner or "", small[owner]).hex() == digest, "a digest of the head")

    def check_agreement(self):
        """What rows under the vault key say of an environment is what rows under that environment's key say."""
        lineages, secrets = self.tables["lineage"], self.tables["secret"]
        for row in self.tables["current"].values():
            if row["environment"] in self.keys:
                require(lineages[row["lineage"]]["base"] == row["base"], "current names another lineage")
                require(secrets[row["secret"]]["name"] == row["name"], "current names another version")
        for row in self.tables["value"].values():
            facts = document(row["facts"].encode(), "the facts of a value")
            secret = secrets[row["secret"]]
            require([facts["lineage"], facts["version"]] == [secret["lineage"], secret["version"]], "a value's facts")
        for row in self.tables["rotation_environment"].values():
            if row["environment"] not in self.keys:
                continue
            rotation = self.tables["rotation"][row["rotation"]]
            mine = [one for one in self.tables["rotation_secret"].values() if one["rotation"] == row["rotation"]]
            [secret] = [one for one in mine if one["lineage"] == row["lineage"]]
            names = ["from_secret", "from_name", "to_secret", "to_name"]
            require([row[name] for name in names] == [secret[name] for name in names], "a rotation's names")
            done = [step["id"] for step in json.loads(rotation["steps"]) if step["state"] != "todo"]
            terms = {name: rotation[name] for name in ["window", "quarantine", "source", "is_unattended", "options"]}
            for text, record in [(row["steps"], done), (row["terms"], terms)]:
                require(text == json.dumps(record, separators=(",", ":"), ensure_ascii=False), "a rotation's steps or terms")

    def values(self):
        """Every value whose key is at hand: its secret's name, its environment, its bytes."""
        out = []
        for value in self.tables["value"].values():
            environment, secret = value["environment"], self.tables["secret"][value["secret"]]
            require(secret["state"] != "deleted", "a deleted version has a value")
            if environment not in self.keys:
                continue
            require(value["key"] == self.records[environment]["key"], "a value under a key that is not in force")
            bound = "" if environment == "shared" else environment
            data = value_data(self.id, value["key"], secret["id"], secret["name"], bound, value["id"])
            padded = decrypt(value["box"], data, self.keys[environment])
            require(padded is not None, "a value does not open in its place")
            out.append((secret["name"], environment, unpad(padded)))
        return sorted(out)


def check_header(file):
    with open(file, "rb") as opened:
        header = opened.read(100)
    require(header[:16] == b"SQLite format 3\0" and header[18:20] == b"\1\1", "no SQLite file with a rollback journal")
    version, application = struct.unpack(">I4xI", header[60:72])
    require((application, version) == (0x6B6E6F78, 1), "not a vault of format 1")
