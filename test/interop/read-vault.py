#!/usr/bin/env python3
"""A second reader of knox's vaults, written from docs/format.md. It shares no code with knox.

    /usr/bin/python3 test/interop/read-vault.py key-file FILE VAULT...
    /usr/bin/python3 test/interop/read-vault.py passphrase - VAULT... < TEXT
    /usr/bin/python3 test/interop/read-vault.py identity knox_vault_1_… VAULT...
    /usr/bin/python3 test/interop/read-vault.py uses LOG VAULT

Verifies everything that can be checked with what it was given (section 9), and prints what it read of each vault, with every value
whose key is at hand, as one JSON document a line; of one that does not verify, why not, and ends with exit 1.
`uses` does the same with each line of a log of uses, by the slots of the vault.
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


def reading(vault):
    entries = vault.walk_chain()
    vault.read_records()
    return {
        "manifest": vault.manifest,
        "head": vault.head,
        "slot": None if vault.slot is None else vault.slot["label"],
        "entries": entries,
        "rows": {"verified": vault.verified, "unverified": vault.unverified},
        "records": vault.records,
        "takenUp": vault.taken_up(),
        "vouchers": vault.vouchers(),
        "values": [
            {"name": name, "realm": realm, "base64": base64.b64encode(value).decode()} for name, realm, value in vault.values()
        ],
    }


def answer(read):
    try:
        return read()
    except Refused as refused:
        return {"refused": str(refused)}
    except BROKEN as error:
        return {"refused": f"{type(error).__name__}: {error}"}


def main(kind, given, *files):
    if kind == "uses":
        vault = Vault(files[0])
        with open(given, "rb") as log:
            answers = [answer(lambda: vault.use(line)) for line in log]
    else:
        unlock = unlocking(kind, given)
        answers = [answer(lambda: reading(Vault(file, **unlock))) for file in files]
    for one in answers:
        print(json.dumps(one))
    return any("refused" in one for one in answers)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
