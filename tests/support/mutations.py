"""Broken files for fuzz tests: bytes and values changed at random, from a fixed seed."""

import copy
import random

TOKENS = [b"", b"\0", b"\xff", b"\x80\x81", b"\n", b",", b'"', b"'", b"{", b"[", b"]]]", b"nan", b"1e999", b"-1"]
TOKENS += [b"9" * 5000, b"[" * 3000, b"&a ", b"*a", b"? ", b": ", b"- ", b"2001-13-01", b"!!int ", b"!!bool x"]
TOKENS += [b"!!python/object/apply:os.system "]
VALUES = [None, True, -1, 0, 10**400, 1e308, float("nan"), "", "\0", "\x1b[2J", "own.Class", [], {}, [[]], {"a": None}]
VALUES += ["9" * 5000, [1, "a"], {"": {}}, -0.5, "../../x", "1e-4", b"\xff", {1: 2}, "\ud800"]


def changed_bytes(contents: bytes, random: random.Random) -> bytes:
    """The contents with one to four changes: bits, cuts, repetitions, and tokens that parsers stumble over."""
    data = bytearray(contents)
    for _ in range(random.randint(1, 4)):
        at = random.randrange(len(data) + 1)
        end = min(len(data), at + random.choice([1, 2, 8, 64]))
        kind = random.randrange(5)
        if kind == 0 and at < len(data):
            data[at] ^= 1 << random.randrange(8)
        elif kind == 1:
            del data[at:end]
        elif kind == 2:
            data[at:at] = data[at:end] * random.choice([1, 2, 50])
        elif kind == 3:
            data[at:end] = random.choice(TOKENS)
        else:
            del data[random.choice([at, len(data) - 1, len(data)]) :]
    return bytes(data)


def changed_value(value: object, random: random.Random) -> object:
    """A copy of nested dicts and lists with one value replaced, removed, or put under another name."""
    root = [copy.deepcopy(value)]
    places = [(root, 0)]
    for parent, key in places:
        child = parent[key]
        if isinstance(child, dict | list):
            places += [(child, name) for name in (child if isinstance(child, dict) else range(len(child)))]
    parent, key = random.choice(places)
    kind = random.randrange(4)
    if kind == 0 and parent is not root:
        del parent[key]
    elif kind == 1 and isinstance(parent, dict):
        parent[random.choice(["step", "min", "config", "", "a.b", "lit_wgan"])] = parent.pop(key)
    else:
        parent[key] = copy.deepcopy(random.choice(VALUES))
    return root[0]
