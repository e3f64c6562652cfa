"""The tables of docs/format.md, sections 2 and 6, and the statements that make them."""

# Table: whose key makes the tag, whether the head sums it up, the columns with their types (text where none is named).
TABLES = {
    "lineage": ("vault", False, "id, base, highest integer, due_at text?, created_at"),
    "secret": (
        "vault",
        False,
        "id, name, lineage, version integer, state, scope, kind, every integer?, expires_at text?, note text?, owner text?,"
        " expect_unused integer, created_at, created_by, withdrawn_at text?, deleted_at text?",
    ),
    "value": ("environment", False, "id, secret, environment, key, box blob, facts, created_at, created_by"),
    "usage": ("environment", False, "id, secret, environment, consumer, last_at, count integer"),
    "auth_failure": ("environment", False, "id, secret, environment, at, count integer, source"),
    "current": ("environment", True, "id, lineage, environment, secret, previous text?, moved_at, base, name"),
    "registration": (
        "environment",
        True,
        "id, project, path, environment, format text?, template text?, probe text?, method text?, headers,"
        " headers_from_route integer, expect text?, allow_http integer, test_command text?, deploy_command text?,"
        " timeout integer?, names, hosts, created_at, created_by",
    ),
    "source": ("environment", True, "id, lineage, environment, kind, options, overlap text?, created_at"),
    "rotation": (
        "vault",
        True,
        "id, state, project, source, window integer, quarantine integer, is_unattended integer, options, steps, needs text?,"
        " wait_until text?, incident text?, started_at, started_by, ended_at text?, end_reason text?",
    ),
    "rotation_secret": (
        "vault",
        True,
        "id, rotation, position integer, lineage, base, from_secret, from_name, to_secret, to_name",
    ),
    "rotation_environment": (
        "environment",
        True,
        "id, rotation, environment, lineage, from_secret, to_secret, is_kept integer, updated_at text?, tested_at text?,"
        " revoked_at text?, proof text?, attempt text?, from_name, to_name, steps, terms, disabled_at text?",
    ),
    "rotation_route": (
        "environment",
        True,
        "id, rotation, environment, project, path, originals text?, planned_at text?, written_at text?,"
        " deploy_started_at text?, deployed_at text?, tested_at text?, detail text?",
    ),
    "incident": ("vault", True, "id, rotation text?, lineage, reason, started_at, revoked_at text?, started_by"),
    "exposure": ("vault", False, "id, secret, slot, label, at"),
    "notification": ("environment", True, "id, receiver, environment, kind, target, events, created_at, created_by"),
    "setting": ("vault", True, "id, value"),
}

UNIQUE = (
    "lineage: base; secret: name; value: secret environment; usage: secret environment consumer; current: lineage environment;"
    " registration: project path environment; source: lineage environment; rotation_secret: rotation position;"
    " rotation_environment: rotation environment lineage; rotation_route: rotation environment project path;"
    " notification: receiver environment"
)
INDEXES = (
    "secret: lineage; secret: name; auth_failure: secret environment; rotation: state; rotation_secret: lineage;"
    " rotation_secret: to_secret; incident: lineage; exposure: secret"
)

FIXED = """
CREATE TABLE manifest (id INTEGER PRIMARY KEY CHECK (id = 1), body BLOB NOT NULL, signature BLOB NOT NULL) STRICT
CREATE TABLE head (id INTEGER PRIMARY KEY CHECK (id = 1), body BLOB NOT NULL, signature BLOB NOT NULL) STRICT
CREATE TABLE slot (id TEXT PRIMARY KEY, kind TEXT NOT NULL, salt BLOB, memory INTEGER, passes INTEGER, lanes INTEGER, wrapped BLOB, created_at TEXT NOT NULL) STRICT, WITHOUT ROWID
CREATE TABLE grants (slot TEXT NOT NULL REFERENCES slot (id) ON DELETE CASCADE, key TEXT NOT NULL, sealed BLOB NOT NULL, PRIMARY KEY (slot, key)) STRICT, WITHOUT ROWID
CREATE TABLE audit (seq INTEGER PRIMARY KEY, body BLOB NOT NULL, hash BLOB NOT NULL, signature BLOB) STRICT
CREATE INDEX audit_of_signature ON audit (seq) WHERE signature IS NOT NULL
"""

# Types of the fixed tables that are read, in the order of their columns.
SIGNED = ["blob", "blob"]
SLOT = ["text", "text", "blob?", "integer?", "integer?", "integer?", "blob?", "text"]
GRANT = ["text", "text", "blob"]
AUDIT = ["integer", "blob", "blob", "blob?"]


def columns_of(table):
    """Names and types, `entry` and `tag` at the end."""
    stated = [column.split() for column in TABLES[table][2].split(", ")]
    return [(name, kind[0] if kind else "text") for name, *kind in stated] + [("entry", "integer"), ("tag", "blob")]


def has_type(value, kind):
    if value is None:
        return kind.endswith("?")
    return type(value) is {"text": str, "integer": int, "blob": bytes}[kind.rstrip("?")]


def statements():
    made = FIXED.strip().split("\n")
    for table in TABLES:
        columns = columns_of(table)
        sql = lambda kind: kind.rstrip("?").upper() + ("" if kind.endswith("?") else " NOT NULL")
        stated = [f'"{name}" ' + ("TEXT PRIMARY KEY" if name == "id" else sql(kind)) for name, kind in columns]
        is_wide = any(kind == "blob" for _, kind in columns[:-2])
        made.append(f'CREATE TABLE "{table}" ({", ".join(stated)}) STRICT' + ("" if is_wide else ", WITHOUT ROWID"))
    for listed, kind, word in [(UNIQUE, "UNIQUE INDEX", "by"), (INDEXES, "INDEX", "of")]:
        for one in listed.split("; "):
            table, columns = one.split(": ")
            names = columns.split()
            where = " WHERE state <> 'deleted'" if (word, one) == ("by", "secret: name") else ""
            over = ", ".join(f'"{name}"' for name in names)
            made.append(f'CREATE {kind} "{table}_{word}_{"_".join(names)}" ON "{table}" ({over}){where}')
    return made
