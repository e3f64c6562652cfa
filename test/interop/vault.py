"""A vault as docs/format.md describes it, opened and checked step by step. Every check that fails raises Refused."""
import json
import os
import sqlite3
import struct

from constructions import *
from stored import *


def document(body, fields, what):
    try:
        found = json.loads(body.decode("utf-8"))
    except ValueError:
        raise Refused(what) from None
    require(isinstance(found, dict) and set(found) == set(fields.split()), what)
    return found


def compact(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def by_bytes(names):
    return sorted(names, key=str.encode)


def distinct(values):
    values = list(values)
    return len(set(values)) == len(values)


class Vault:
    """`secret`: of the slot, or None to look without a key; `passphrase` in its place; `expected`: the identity."""

    def __init__(self, file, secret=None, passphrase=None, expected=None):
        check_header(file)
        self.db = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
        stored = [sql for (sql,) in self.db.execute("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL")]
        require(sorted(stored) == sorted(STATEMENTS), "the schema")
        self.read_manifest()
        self.read_head()
        self.read_grants()
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

    # Manifest, head and keys (sections 3, 4 and 7)

    def read_manifest(self):
        [(body, signature)] = self.rows("the manifest", SIGNED, "SELECT body, signature FROM manifest WHERE id = 1") or [(b"", b"")]
        manifest = document(body, MANIFEST, "the manifest's JSON")
        require(manifest["format"] == 1, "the manifest's format")
        root = read_key_text("knox_vault_1_", manifest["identity"])
        require(is_signed(root, manifest_message(body), signature), "the manifest's signature")
        realms, slots = manifest["realms"], manifest["slots"]
        former_realms, former_slots = manifest["formerRealms"], manifest["formerSlots"]
        require(distinct([manifest["root"], *(realm["key"] for realm in realms)]), "distinct keys")
        require(distinct(realm["id"] for realm in realms + former_realms), "distinct realms")
        require(distinct(slot["id"] for slot in slots + former_slots), "distinct slots")
        require(distinct(realm["name"] for realm in realms) and realms[-1]["name"] == "shared", "the realms' names")
        for field in ["label", "publicKey"]:
            require(distinct(slot[field] for slot in slots), f"distinct {field}s")
        require(all(slot["realms"] is None for slot in slots if slot["admin"]), "who administers holds everything")
        self.manifest, self.id, self.root = manifest, manifest["vault"], root
        self.realms = {realm["id"]: realm for realm in realms}
        self.names = {realm["id"]: realm["name"] for realm in realms}
        self.manifest_hash = manifest_hash(body, signature)
        # Everybody who has or had a key, by id.
        self.holders = {slot["id"]: {"removed": None, **slot} for slot in slots + former_slots}

    def may_sign(self, slot, number):
        holder = self.holders.get(slot)
        return holder is not None and holder["added"] < number and (holder["removed"] is None or number <= holder["removed"])

    def signing_key(self, slot):
        return halves(self.holders[slot]["publicKey"])[1]

    def read_head(self):
        [(body, signature)] = self.rows("the head", SIGNED, "SELECT body, signature FROM head WHERE id = 1") or [(b"", b"")]
        head = document(body, HEAD, "the head's JSON")
        require(self.may_sign(head["slot"], head["seq"]), "the head's slot")
        require(is_signed(self.signing_key(head["slot"]), head_message(self.id, body), signature), "the head's signature")
        require(head["manifest"] == self.manifest_hash.hex(), "the head names another manifest")
        require(head["generation"] == self.manifest["generation"], "the head's generation")
        require(set(head["realms"]) == set(self.realms), "the head's realms")
        self.head = head

    def read_grants(self):
        self.grants = {slot["id"]: {} for slot in self.manifest["slots"]}
        for slot, key, sealed in self.rows("grants", GRANT, "SELECT slot, key, sealed FROM grants"):
            require(slot in self.grants, "a grant is of no slot")
            self.grants[slot][key] = sealed
        for slot in self.manifest["slots"]:
            given = self.grants[slot["id"]]
            listed = [(key, given[key]) for key in by_bytes(given)]
            require(grants_hash(self.id, slot["id"], listed).hex() == slot["grants"], "a slot's grants")

    def open_passphrase(self, passphrase):
        for slot in self.manifest["slots"]:
            if slot["kind"] == "passphrase":
                cost = slot["passphrase"]
                salt, wrapped = (base64.urlsafe_b64decode(cost[field] + "==") for field in ["salt", "wrapped"])
                opened = unwrap_slot(passphrase, self.id, slot["id"], salt, cost["memory"], cost["passes"], cost["lanes"], wrapped)
                if opened is not None:
                    return opened
        raise Refused("the passphrase opens no slot")

    def open_keys(self, secret):
        """Every grant of the slot, each held against its commitment or its public half."""
        pairs = Pairs(secret)
        self.slot = next((slot for slot in self.manifest["slots"] if slot["publicKey"] == pairs.public_text), None)
        require(self.slot is not None, "the key opens no slot")
        given = [realm for realm in self.realms.values() if self.slot["realms"] is None or realm["id"] in self.slot["realms"]]
        sealed = self.grants[self.slot["id"]]
        roots = [self.manifest["root"]] if self.slot["admin"] else []
        require(set(sealed) == {realm["key"] for realm in given} | set(roots), "grants that the manifest does not give the slot")
        open_one = lambda key, realm: open_grant(sealed[key], pairs.box_public, pairs.box_secret, self.id, key, realm, self.slot["id"])
        for root in roots:
            require(signing_public_key(open_one(root, "")) == self.root, "the root seed")
        for realm in given:
            key = open_one(realm["key"], realm["id"])
            require(commitment(key).hex() == realm["commitment"], "a key's commitment")
            self.keys[realm["id"]] = key

    # The log (section 8)

    def link(self, seq, entry):
        """The identities before and after an entry that made the keys anew."""
        detail = entry["detail"]
        before, after = (read_key_text("knox_vault_1_", detail[field]) for field in ["previous", "identity"])
        message = link_message(self.id, seq, before, after, detail["generation"])
        require(entry["action"] == "rekey" and is_signed(before, message, bytes.fromhex(detail["link"])), f"the link of entry {seq}")
        require(detail["generation"] == entry["generation"], f"the generation of the link of entry {seq}")
        return detail["previous"], detail["identity"]

    def leads(self, expected):
        identity = expected
        for seq in self.manifest["links"]:
            rows = self.rows("audit", AUDIT, "SELECT seq, body, hash, signature FROM audit WHERE seq = ?", seq)
            require(len(rows) == 1, f"the link of entry {seq} is missing")
            before, after = self.link(seq, document(rows[0][1], ENTRY, f"the JSON of entry {seq}"))
            identity = after if before == identity else identity
        return identity == self.manifest["identity"]

    def may_name(self, slot, realm):
        given = self.holders[slot]["realms"]
        return given is None or realm in given

    def walk_chain(self):
        previous, entries = bytes(32), []
        # Of each realm: number and hash of its newest entry, and its root after it.
        self.newest, identity, generation, in_force, links = {}, None, 0, None, []
        removed = {realm["id"]: realm["removed"] for realm in self.manifest["formerRealms"]}
        ends = {**dict.fromkeys(self.realms, self.head["seq"]), **removed}
        puts = set()
        rows = self.rows("audit", AUDIT, "SELECT seq, body, hash, signature FROM audit ORDER BY seq")
        for index, (seq, body, stored, signature) in enumerate(rows):
            require(seq == index + 1, f"entry {index + 1} is missing")
            previous = entry_hash(self.id, seq, previous, body)
            require(previous == stored, f"the hash of entry {seq}")
            entry = document(body, ENTRY, f"the JSON of entry {seq}")
            slot = entry["slot"]
            require(self.may_sign(slot, seq), f"the slot of entry {seq}")
            following = json.loads(rows[index + 1][1])["slot"] if index + 1 < len(rows) else None
            require((signature is not None) == (following != slot), f"whether entry {seq} is signed")
            if signature is not None:
                message = entry_message(self.id, seq, previous)
                require(is_signed(self.signing_key(slot), message, signature), f"the signature of entry {seq}")
            for realm, step in entry["realms"].items():
                require(seq <= ends.get(realm, 0) and self.may_name(slot, realm), f"entry {seq} names a realm that is not its writer's")
                before = self.newest.get(realm, (0, bytes(32).hex(), None))
                require((step["seq"], step["hash"]) == before[:2], f"the chain of a realm at entry {seq}")
                require(step["seq"] > 0 or entry["manifest"] is not None, f"entry {seq} begins a realm without a manifest")
                self.newest[realm] = (seq, stored.hex(), step["root"])
            if entry["manifest"] is not None:
                require(self.holders[slot]["admin"] and entry["generation"] > generation, f"the manifest of entry {seq}")
                generation, in_force = entry["generation"], (seq, entry["manifest"])
                puts.add(seq)
            require(entry["generation"] == generation, f"the generation of entry {seq}")
            if seq == 1:
                identity = entry["detail"]["identity"]
            if entry["action"] == "rekey":
                before, after = self.link(seq, entry)
                require(before == identity, f"the link of entry {seq} takes over from another identity")
                identity = after
                links.append(seq)
            entries.append({"seq": seq, "hash": stored.hex(), **entry})
        require(len(entries) == self.head["seq"] and previous.hex() == self.head["hash"], "the head's entry")
        require(entries[-1]["at"] == self.head["at"] and entries[-1]["slot"] == self.head["slot"], "the head's time and slot")
        require(identity == self.manifest["identity"] and links == self.manifest["links"], "where the links lead")
        require(in_force == (self.manifest["entry"], self.head["manifest"]), "the manifest in force")
        numbers = {slot["added"] for slot in self.holders.values()} | set(removed.values())
        numbers |= {slot["removed"] for slot in self.holders.values()}
        require(numbers - {0, None} <= puts, "when a slot or a realm was added or removed")
        for realm, part in self.head["realms"].items():
            require(self.newest[realm] == (part["seq"], part["hash"], part["root"]), "a realm's newest entry")
        # A copy of some realms alone has nothing of the others.
        last = entries[-1]
        alone = last["detail"]["environments"] if last["action"] == "backup" and last["detail"] is not None else None
        self.held = [realm for realm, name in self.names.items() if alone is None or name in alone]
        return entries

    # Records (sections 5 and 6)

    def read_records(self):
        """Every record of every realm, each held against the tree that hangs from the head; with the key, the seal as well."""
        self.records = {kind: [] for kind in KINDS}
        self.verified = self.unverified = 0
        columns = "SELECT realm, kind, id, place, entry, digest, body, NULL FROM record NOT INDEXED"
        values = "SELECT realm, 'value', id, place, entry, digest, body, box FROM value NOT INDEXED"
        rows = self.rows("a record", RECORD, f"{columns} UNION ALL {values}")
        nodes = self.rows("a list", NODE, "SELECT realm, node, list FROM node")
        require({row[0] for row in [*rows, *nodes]} <= set(self.held), "records of a realm that is not here")
        self.boxes = {}
        for realm in self.held:
            own = [row for row in rows if row[0] == realm]
            self.read_realm(realm, own, {node: listed for of, node, listed in nodes if of == realm})

    def read_realm(self, realm, rows, stored):
        place_lists, kind_lists, seen = {}, {kind: [] for kind in LISTED}, set()
        for _, kind, name, place, entry, digest, body, box in sorted(rows, key=lambda row: (row[1], row[2].encode())):
            require(kind in KINDS and (kind, name) not in seen and (kind == "value") == (box is not None), "a record's kind")
            seen.add((kind, name))
            content = self.content(kind, name, body)
            require(record_digest(self.id, realm, kind, name, entry, body, box) == digest, f"the digest of a {kind}")
            require(1 <= entry <= self.newest[realm][0], f"the entry of a {kind}")
            about = KINDS[kind][1]
            require(place == (None if about is None else place_of(content[about])), f"the place of a {kind}")
            if about is None:
                kind_lists[kind].append((name, digest))
            else:
                place_lists.setdefault(place, []).append((kind, name, digest))
            self.records[kind].append({"realm": self.names[realm], "entry": entry, **content})
            if box is not None:
                self.boxes[realm, name] = box
        node_lists = {}
        for place, listed in place_lists.items():
            node_lists.setdefault(place >> 8, {})[place & 255] = place_digest(realm, place, listed)
        made = {node: byte_list(digests) for node, digests in node_lists.items()}
        kinds = [kind_digest(realm, kind, kind_lists[kind]) for kind in LISTED]
        made[-1] = root_list(kinds, {node: node_digest(realm, node, listed) for node, listed in made.items()})
        require(made == stored, "the lists of a realm")
        part = self.head["realms"][realm]
        require(root_digest(realm, made[-1]).hex() == part["root"], "the root of a realm")
        if realm in self.keys:
            hashes = [bytes.fromhex(part[field]) for field in ["hash", "root"]]
            own = seal(self.keys[realm], self.id, realm, self.manifest_hash, part["seq"], *hashes)
            require(own.hex() == part["seal"], "the seal of a realm")
            self.verified += len(rows)
        else:
            self.unverified += len(rows)

    def content(self, kind, name, body):
        id_field, _, fields = KINDS[kind]
        try:
            content = json.loads(body)
        except ValueError:
            raise Refused(f"the JSON of a {kind}") from None
        stated = [field.rstrip("?") for field in fields.split()]
        require(isinstance(content, dict) and list(content) == stated and compact(content) == body, f"the fields of a {kind}")
        for field in fields.split():
            require(field.endswith("?") or content[field] is not None, f"a {kind} without {field}")
        require(content[id_field] == name, f"the id of a {kind}")
        return content

    def values(self):
        """Every value whose key is at hand: its name, its realm's name, its bytes."""
        out = []
        stored = {(value["realm"], value["name"], value["id"]) for value in self.records["value"]}
        for one in self.records["name"]:
            require(one["value"] is None or (one["realm"], one["name"], one["value"]) in stored, "a name's value is missing")
        for value in self.records["value"]:
            realm = next(known for known, name in self.names.items() if name == value["realm"])
            if realm not in self.keys:
                continue
            require(value["key"] == self.realms[realm]["key"], "a value under a key that is not in force")
            data = value_data(self.id, value["key"], realm, value["name"], value["id"])
            padded = decrypt(self.boxes[realm, value["id"]], data, self.keys[realm])
            require(padded is not None, "a value does not open in its place")
            out.append((value["name"], value["realm"], unpad(padded)))
        return sorted(out)

    def taken_up(self):
        """Which environments have which shared value: names whose record holds the hash of its box."""
        shared = self.manifest["realms"][-1]["id"]
        hashes = {
            one["name"]: blake(self.boxes[shared, one["value"]]).hex()
            for one in self.records["name"]
            if one["realm"] == "shared" and one["value"] is not None
        }
        return [[one["name"], one["realm"]] for one in self.records["name"] if one["shared"] is not None and one["shared"] == hashes.get(one["name"])]

    def vouchers(self):
        """For each record with a command or an address: kind, realm, id, and the label of the slot that stands behind it."""
        out = []
        for kind, fields in VOUCHED.items():
            for record in self.records[kind]:
                vouched = record["vouched"]
                if vouched is None:
                    continue
                realm = next(known for known, name in self.names.items() if name == record["realm"])
                said = [record[field] for field in fields.split()]
                if kind == "source":
                    said[2] = sorted([list(pair) for pair in record["options"].items()])
                name = record[KINDS[kind][0]]
                message = vouch_message(self.id, realm, kind, name, vouched["entry"], compact(said))
                holder = self.holders[vouched["slot"]]
                require(self.may_sign(vouched["slot"], vouched["entry"]), "who vouches")
                require(is_signed(self.signing_key(vouched["slot"]), message, bytes.fromhex(vouched["signature"])), "a vouching signature")
                out.append([kind, record["realm"], name, holder["label"]])
        return out

    # Uses written down elsewhere (section 12)

    def use(self, text):
        """A line of a log of uses, without its signature."""
        line = document(text, f"{' '.join(USE_FIELDS)} signature", "the JSON of a use")
        require(line["vault"] == self.id, "a use of another vault")
        require(self.names.get(line["realm"]) == line["environment"], "a use in no realm of this vault")
        require(line["slot"] in self.holders and self.may_name(line["slot"], line["realm"]), "a use by a slot without the realm")
        signature = bytes.fromhex(line.pop("signature"))
        require(is_signed(self.signing_key(line["slot"]), use_message(line), signature), "the signature of a use")
        return line


def check_header(file):
    with open(file, "rb") as opened:
        header = opened.read(100)
    require(not os.path.exists(f"{file}-wal"), "a write-ahead log")
    require(header[:16] == b"SQLite format 3\0" and header[18:20] == b"\1\1", "no SQLite file with a rollback journal")
    version, application = struct.unpack(">I4xI", header[60:72])
    require((application, version) == (0x6B6E6F78, 1), "not a vault of format 1")
