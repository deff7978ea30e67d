"""Hashes of random inputs by the C reference of Argon2 (phc-winner-argon2), which argon2-cffi brings along.

    python3 -m venv target/argon2 && target/argon2/bin/pip install argon2-cffi
    target/argon2/bin/python tests/peers/argon2_vectors.py 120 > tests/data/argon2-reference.txt

The same number gives the same file. A line is: type (0 d, 1 i, 2 id), version, KiB, passes, lanes, then password, salt, secret,
associated data and hash in hexadecimal (`-` for none).
"""

import random
import sys

from argon2.low_level import core, ffi

dice = random.Random(9106)


def case():
    lanes = dice.randint(1, 4)
    # A quarter at the smallest memories, where segments are shortest and indices wrap.
    memory = dice.randint(8 * lanes, 8 * lanes + 64) if dice.random() < 0.25 else dice.randint(8 * lanes, 512)
    some = lambda least, most: dice.randbytes(dice.randint(least, most))
    return (
        dice.choice([0, 1, 2, 2]),
        dice.choice([0x13] * 7 + [0x10]),
        memory,
        dice.randint(1, 4),
        lanes,
        dice.choice([b"", some(1, 72), some(1, 72), some(100, 600)]),
        some(8, 64),
        dice.choice([b"", some(1, 64)]),
        dice.choice([b"", some(1, 32)]),
        dice.randint(4, 128),
    )


def reference(kind, version, memory, passes, lanes, password, salt, secret, data, length):
    out = ffi.new("uint8_t[]", length)
    kept = [ffi.new("uint8_t[]", text or b"\0") for text in (password, salt, secret, data)]
    context = ffi.new(
        "argon2_context *",
        {
            "version": version, "out": out, "outlen": length,
            "pwd": kept[0], "pwdlen": len(password), "salt": kept[1], "saltlen": len(salt),
            "secret": kept[2], "secretlen": len(secret), "ad": kept[3], "adlen": len(data),
            "t_cost": passes, "m_cost": memory, "lanes": lanes, "threads": 1,
            "allocate_cbk": ffi.NULL, "free_cbk": ffi.NULL, "flags": 0,
        },
    )
    code = core(context, kind)
    assert code == 0, code
    return bytes(ffi.buffer(out))


for _ in range(int(sys.argv[1])):
    it = case()
    texts = [*it[5:9], reference(*it)]
    print(*it[:5], *(text.hex() or "-" for text in texts))
