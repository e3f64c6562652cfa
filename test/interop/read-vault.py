#!/usr/bin/env python3
"""A second reader of knox's vaults, written from docs/format.md. It shares no code with knox.

    /usr/bin/python3 test/interop/read-vault.py key-file FILE VAULT...
    /usr/bin/python3 test/interop/read-vault.py passphrase - VAULT... < TEXT
    /usr/bin/python3 test/interop/read-vault.py identity knox_vault_1_… VAULT...

Verifies everything that can be checked with what it was given (section 9), and prints what it read of each vault, with every value
whose key is at hand, as one JSON document a line; of one that does not verify, why not, and ends with exit 1.
Debian: python3-nacl; python3-argon2 for a passphrase.
"""
import base64
import json
import sqlite3
import sys

from constructions import Refused, read_key_file
from vault import Vault

# What is no vault at all breaks one thing or another: a document without a field, a page that is no page.
BROKEN = (sqlite3.Error, LookupError, TypeError, ValueError, RecursionError)


def unlocking(kind, given):
    """What a vault is opened with."""
    if kind == "key-file":
        with open(given, encoding="utf-8", newline="") as key_file:
            secret, identity = read_key_file(key_file.read())
        return {"secret": secret, "expected": identity}
    if kind == "passphrase":
        return {"passphrase": sys.stdin.buffer.read().decode()}
    return {"expected": given}


def plain(row):
    """A row without what only a program understands."""
    return {name: value for name, value in row.items() if not isinstance(value, bytes)}


def reading(vault):
    entries, expected = vault.walk_chain()
    vault.read_tables(expected)
    if vault.slot is not None:
        vault.check_agreement()
    return {
        "manifest": vault.manifest,
        "head": vault.head,
        "slot": None if vault.slot is None else vault.slot["label"],
        "entries": entries,
        "rows": {"verified": vault.verified, "unverified": vault.unverified},
        "tables": {table: list(map(plain, rows.values())) for table, rows in vault.tables.items()},
        "values": [
            {"name": name, "environment": environment, "base64": base64.b64encode(value).decode()}
            for name, environment, value in vault.values()
        ],
    }


def answer(file, given):
    try:
        return reading(Vault(file, **given))
    except Refused as refused:
        return {"refused": str(refused)}
    except BROKEN as error:
        return {"refused": f"{type(error).__name__}: {error}"}


def main(kind, given, *files):
    unlock = unlocking(kind, given)
    answers = [answer(file, unlock) for file in files]
    for one in answers:
        print(json.dumps(one))
    return any("refused" in one for one in answers)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
