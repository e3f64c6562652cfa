"""What docs/format.md says is stored: the statements of section 2, and the kinds of record of section 6."""

STATEMENTS = """
CREATE TABLE manifest (id INTEGER PRIMARY KEY CHECK (id = 1), body BLOB NOT NULL, signature BLOB NOT NULL) STRICT
CREATE TABLE head (id INTEGER PRIMARY KEY CHECK (id = 1), body BLOB NOT NULL, signature BLOB NOT NULL) STRICT
CREATE TABLE grants (slot TEXT NOT NULL, key TEXT NOT NULL, sealed BLOB NOT NULL, PRIMARY KEY (slot, key)) STRICT, WITHOUT ROWID
CREATE TABLE audit (seq INTEGER PRIMARY KEY, body BLOB NOT NULL, hash BLOB NOT NULL, signature BLOB) STRICT
CREATE TABLE record (realm TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL, place INTEGER, entry INTEGER NOT NULL, digest BLOB NOT NULL, body TEXT NOT NULL, PRIMARY KEY (realm, kind, id)) STRICT, WITHOUT ROWID
CREATE INDEX record_of_place ON record (realm, place, kind, id, digest) WHERE place IS NOT NULL
CREATE TABLE value (realm TEXT NOT NULL, id TEXT NOT NULL, place INTEGER NOT NULL, entry INTEGER NOT NULL, digest BLOB NOT NULL, body TEXT NOT NULL, box BLOB NOT NULL) STRICT
CREATE UNIQUE INDEX value_by_id ON value (realm, id)
CREATE INDEX value_of_place ON value (realm, place, id, digest)
CREATE TABLE node (realm TEXT NOT NULL, node INTEGER NOT NULL, list BLOB NOT NULL, PRIMARY KEY (realm, node)) STRICT, WITHOUT ROWID
""".strip().split("\n")

# Types of the columns that are read, in their order.
SIGNED = ["blob", "blob"]
GRANT = ["text", "text", "blob"]
AUDIT = ["integer", "blob", "blob", "blob?"]
RECORD = ["text", "text", "text", "integer?", "integer", "blob", "text", "blob?"]
NODE = ["text", "integer", "blob"]

# Kind: the field that it is called by, the field that its place is made of (none for a kind that is one list), its fields in order; those
# that may be null with a question mark.
KINDS = {
    "name": (
        "name",
        "name",
        "name base version state value? shared? kind every? expiresAt? note? owner? expectUnused exposed createdAt createdBy"
        " withdrawnAt? deletedAt? earlier",
    ),
    "value": ("id", "name", "id name key facts createdAt createdBy"),
    "lineage": ("base", "base", "base names highest current? previous? movedAt? dueAt? rotation? createdAt"),
    "use": ("id", "name", "id name consumer lastEntry lastAt lastActor count"),
    "refusal": ("id", "name", "id name at count source"),
    "route": (
        "id",
        None,
        "id project path format? template? probe? method? headers headersFromRoute expect? allowHttp testCommand?"
        " deployCommand? timeout? names hosts vouched? createdAt createdBy",
    ),
    "source": ("base", None, "base kind options overlap? vouched? createdAt"),
    "receiver": ("id", None, "id kind target events vouched? createdAt createdBy"),
    "rotation": (
        "id",
        None,
        "id state project source window quarantine isUnattended options steps needs? waitUntil? incident? secrets routes"
        " startedAt startedBy endedAt? endReason?",
    ),
    "incident": ("id", None, "id rotation? base reason startedAt startedBy revokedAt?"),
}
LISTED = [kind for kind, (_, place, _) in KINDS.items() if place is None]

MANIFEST = "format vault identity generation entry createdAt root links settings realms slots formerSlots formerRealms"
HEAD = "slot seq at hash generation manifest realms"
ENTRY = "at actor slot action secret environment route detail generation manifest realms"

# What is vouched for, by kind: fields in order. A source's options are a list of pairs, by name.
VOUCHED = {
    "route": "project path format template probe method headers headersFromRoute allowHttp testCommand deployCommand",
    "source": "base kind options",
    "receiver": "kind target events",
}


def has_type(value, kind):
    if value is None:
        return kind.endswith("?")
    return type(value) is {"text": str, "integer": int, "blob": bytes}[kind.rstrip("?")]
