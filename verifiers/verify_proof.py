#!/usr/bin/env python3
"""Checks a .tlog-proof file with Python's standard library alone (3.9 or later).

    verify_proof.py [--json] --vkey TEXT|FILE [--record FILE] PROOF
    verify_proof.py --batch < CASES        each line: vkey TAB base64(proof) TAB base64(record) or -

Exit 0: proven. Exit 1: refused, with the reason. Exit 2: it could not be checked.

What holds of a file that is proven:

  1. Its checkpoint is signed by the key that was given, under the key's name and id, and its origin is that name.
  2. The path leads from the record's leaf hash to the signed root, with exactly the hashes that index and size ask for.
  3. The record it carries says the position that is proven, and the body it carries is the one the record commits to.
  4. The record that was given with --record is the one that is proven. A file that carries none needs it.

Signatures of other keys, witnesses' above all, are read but not judged. What a record says beyond position and body
hash is not looked at: the log has signed it, and that is what is proven.

Every value has one spelling, so no two files say the same. The formats: C2SP tlog-proof, tlog-checkpoint and
signed-note; RFC 9162, section 2.1.3.2; RFC 8032.
"""

import base64
import binascii
import functools
import hashlib
import json
import re
import sys
from pathlib import Path

HEADER = "c2sp.org/tlog-proof@v1"
DASH = "\u2014 "
MAX_FILE_BYTES = 24 << 20  # the largest extra line, path and checkpoint together, and a little more
MAX_EXTRA_BYTES = 16 << 20
MAX_NOTE_BYTES = 1_000_000
MAX_SIGNATURES = 100
MAX_PATH = 63  # a tree has at most 2^63 - 1 leaves
MAX_NUMBER = 2**63 - 1


class Refused(Exception):
    """The file proves nothing; the message says why."""


class Unable(Exception):
    """The question cannot be answered; the message says why."""


# ---- The check -------------------------------------------------------------------------------------------------------


def check(proof, key, record=None):
    """Returns what is proven by the bytes of a proof file under a key of read_key; raises Refused."""
    name, key_id, public_key = key
    head, checkpoint = split(proof)
    text, signatures = read_note(checkpoint)
    origin, size, root = read_checkpoint(text)
    extra, index, path = read_head(head)
    require(index < size, "the index is not below the size")
    require(origin == name, "the checkpoint is of another log than the key")
    carried, body = read_event(extra) if extra is not None else (None, None)
    require(carried is not None or record is not None, "the file carries no record, and none was given")
    require(carried is None or record is None or carried == record, "the file carries another record than the given one")
    leaf = sha256(b"\x00", carried if record is None else record)
    require(fold(leaf, index, size, path) == root, "the path does not lead from the record to the signed root")
    if carried is not None:
        check_event(carried, body, index)
    # Last, because it costs more than all the rest together.
    check_signatures(text, signatures, name, key_id, public_key)
    return {
        "proven": True,
        "origin": origin,
        "size": size,
        "root": root.hex(),
        "index": index,
        "leaf": leaf.hex(),
        "body": body is not None,
    }


def fold(leaf, index, size, path):
    """RFC 9162, section 2.1.3.2: the root that a path leads to, or None where it has not the length it must have."""
    node, last, result = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            return None
        if node & 1 or node == last:
            result = sha256(b"\x01", sibling, result)
            while node and not node & 1:
                node, last = node >> 1, last >> 1
        else:
            result = sha256(b"\x01", result, sibling)
        node, last = node >> 1, last >> 1
    return result if last == 0 else None


def check_event(record, body, index):
    require(len(record) >= 81 and record[0] == 1, "the record is of a form that is not known here")
    require(int.from_bytes(record[1:9], "big") == index + 1, "the record is of another position than the proven one")
    require(body is None or sha256(body) == record[41:73], "the body is not the one the record commits to")


def check_signatures(text, signatures, name, key_id, public_key):
    own = [signature for signer, signer_id, signature in signatures if (signer, signer_id) == (name, key_id)]
    require(own, "no signature is by the key")
    for signature in own:
        require(ed25519_verify(public_key, text.encode(), signature), "the signature is not valid")


# ---- The texts -------------------------------------------------------------------------------------------------------


def split(proof):
    require(len(proof) <= MAX_FILE_BYTES, "the file is too large")
    head, blank, checkpoint = proof.partition(b"\n\n")
    require(blank, "no blank line stands before the checkpoint")
    return head.decode("latin-1").split("\n"), checkpoint


def read_head(lines):
    require(lines[0] == HEADER, "the file does not begin with " + HEADER)
    lines = lines[1:]
    extra = None
    if lines and lines[0].startswith("extra "):
        extra = read_base64(lines.pop(0)[6:])
        require(extra is not None and len(extra) <= MAX_EXTRA_BYTES, "the extra line is not base64 of at most 16 MiB")
    require(lines and lines[0].startswith("index "), "the index line is missing")
    index = read_number(lines.pop(0)[6:])
    require(index is not None, "the index is not a plain decimal below 2^63")
    require(len(lines) <= MAX_PATH, "the path has more than 63 hashes")
    path = [read_hash(line) for line in lines]
    require(None not in path, "a line of the path is not base64 of 32 bytes")
    return extra, index, path


def read_event(extra):
    """u8 format = 1, u32 length, record, u8 whether a body follows, body."""
    require(len(extra) >= 6 and extra[0] == 1, "the record is carried in a form that is not known here")
    end = 5 + int.from_bytes(extra[1:5], "big")
    require(end < len(extra), "the carried record is cut")
    require(extra[end] == 1 or extra[end:] == b"\x00", "it is not clear whether a body is carried")
    return extra[5:end], extra[end + 1 :] if extra[end] == 1 else None


def read_note(note):
    require(len(note) <= MAX_NOTE_BYTES, "the checkpoint has more than 1,000,000 bytes")
    try:
        whole = note.decode("utf-8")
    except UnicodeDecodeError:
        raise Refused("the checkpoint is not UTF-8") from None
    require(is_clean(whole), "the checkpoint holds a control character")
    blank = whole.rfind("\n\n")
    require(
        blank >= 0 and whole.endswith("\n") and blank + 2 < len(whole),
        "the checkpoint does not end in a blank line and signatures",
    )
    lines = whole[blank + 2 : -1].split("\n")
    require(len(lines) <= MAX_SIGNATURES, "the checkpoint has more than 100 signatures")
    return whole[: blank + 1], [read_signature(line) for line in lines]


def read_signature(line):
    name, space, encoded = line[2:].partition(" ")
    signed = read_base64(encoded)
    require(
        line.startswith(DASH) and space and is_key_name(name) and signed is not None and len(signed) > 4,
        "a line below the last blank line is not a signature",
    )
    return name, signed[:4], signed[4:]


def read_checkpoint(text):
    lines = text[:-1].split("\n")
    require(len(lines) >= 3 and "" not in lines, "the checkpoint has an empty line or fewer than three")
    size, root = read_number(lines[1]), read_hash(lines[2])
    require(size is not None, "the size is not a plain decimal below 2^63")
    require(root is not None, "the root is not base64 of 32 bytes")
    return lines[0], size, root


def read_key(vkey):
    """Reads name+id+base64(01 ‖ public key); raises Unable."""
    parts = vkey.split("+", 2)
    typed = read_base64(parts[2]) if len(parts) == 3 else None
    if typed is None or not is_key_name(parts[0]) or len(typed) != 33 or typed[0] != 1:
        raise Unable("the key is not name+id+base64 of an Ed25519 key")
    key_id = sha256(parts[0].encode(), b"\n", typed)[:4]
    if parts[1] != key_id.hex():
        raise Unable("the key's id does not fit its name and bytes")
    return parts[0], key_id, typed[1:]


def read_base64(text):
    try:
        value = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    # Python overlooks loose bits at the end; written again, they are gone.
    return value if base64.b64encode(value).decode() == text else None


def read_hash(text):
    value = read_base64(text)
    return value if value is not None and len(value) == 32 else None


def read_number(text):
    number = int(text) if re.fullmatch("0|[1-9][0-9]{0,18}", text) else None
    return number if number is not None and number <= MAX_NUMBER else None


def is_clean(text):
    return not any(c < " " and c != "\n" for c in text)


def is_key_name(text):
    # str.isspace knows the white space of Unicode; the control characters it adds are no key's either.
    return text != "" and is_clean(text) and not any(c.isspace() or c == "+" for c in text)


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def require(holds, reason):
    if not holds:
        raise Refused(reason)


# ---- Ed25519 (RFC 8032), as strictly as it can be read ---------------------------------------------------------------
#
# Libraries disagree on odd signatures; here none is valid: S is below L, A and R are canonical and not neutral, A has
# order L, and [S]B = R + [k]A holds without the cofactor, from which follows that R has order L too. Nothing here is
# secret, so nothing takes care of the time it takes. A point is (X, Y, Z, T) with x = X/Z, y = Y/Z, xy = T/Z.

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P
ROOT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)
NEUTRAL = (0, 1, 1, 0)


def ed25519_verify(public_key, message, signature):
    if len(signature) != 64:
        return False
    s = int.from_bytes(signature[32:], "little")
    r, a = decode_point(signature[:32]), key_point(public_key)
    if s >= L or r is None or same(r, NEUTRAL) or a is None:
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + public_key + message).digest(), "little") % L
    return same(multiply_both(s, BASE, L - k, a), r)


@functools.lru_cache(maxsize=16)
def key_point(public_key):
    """The point of a key, or None where it is not of order L. Remembered: this costs as much as a signature."""
    a = decode_point(public_key)
    if a is None or same(a, NEUTRAL) or not same(multiply_both(L, a, 0, NEUTRAL), NEUTRAL):
        return None
    return a


def decode_point(encoded):
    y = int.from_bytes(encoded, "little")
    sign, y = y >> 255, y & (1 << 255) - 1
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    if x * x % P != square:
        x = x * ROOT_OF_MINUS_ONE % P
    if x * x % P != square or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = P - x
    return (x, y, 1, x * y % P)


def add(one, other):
    """The sum of two points, the same or not (RFC 8032, section 5.1.4)."""
    x1, y1, z1, t1 = one
    x2, y2, z2, t2 = other
    a, b = (y1 - x1) * (y2 - x2), (y1 + x1) * (y2 + x2)
    c, d = 2 * D * t1 * t2 % P, 2 * z1 * z2
    e, f, g, h = (b - a) % P, (d - c) % P, (d + c) % P, (b + a) % P
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def multiply_both(m, p, n, q):
    """[m]p + [n]q, both in one pass from the highest bit."""
    table = (NEUTRAL, p, q, add(p, q))
    result = NEUTRAL
    for bit in range(max(m.bit_length(), n.bit_length()) - 1, -1, -1):
        result = add(result, result)
        chosen = (m >> bit & 1) | (n >> bit & 1) << 1
        if chosen:
            result = add(result, table[chosen])
    return result


def same(one, other):
    return (one[0] * other[2] - other[0] * one[2]) % P == 0 and (one[1] * other[2] - other[1] * one[2]) % P == 0


# y = 4/5, and the even one of the two x.
BASE = decode_point((4 * pow(5, -1, P) % P).to_bytes(32, "little"))


# ---- The command line ------------------------------------------------------------------------------------------------


def judge(proof, vkey, record):
    """Returns the exit code and what there is to say."""
    try:
        return 0, check(proof, read_key(vkey), record)
    except Refused as refusal:
        return 1, {"proven": False, "reason": str(refusal)}
    except Unable as trouble:
        return 2, {"error": str(trouble)}


def as_json(answer):
    return json.dumps(answer, ensure_ascii=False, separators=(",", ":"))


def as_text(answer):
    if "error" in answer:
        return "CANNOT CHECK: " + answer["error"]
    if not answer["proven"]:
        return "REFUSED: " + answer["reason"]
    return "PROVEN: leaf {index} is in the log {origin} of {size}, leaf hash {leaf}".format(**answer)


def read_file(path):
    with open(path, "rb") as file:
        return file.read(MAX_FILE_BYTES + 1)


def batch():
    for line in sys.stdin.buffer:
        vkey, proof, record = line.decode("utf-8").rstrip("\n").split("\t")
        given = None if record == "-" else base64.b64decode(record)
        print(as_json(judge(base64.b64decode(proof), vkey, given)[1]))


def main(arguments):
    sys.stdout.reconfigure(encoding="utf-8", newline="\n")
    if arguments == ["--batch"]:
        batch()
        return 0
    options, files, in_json = {}, [], False
    rest = iter(arguments)
    try:
        for argument in rest:
            if argument == "--json":
                in_json = True
            elif argument in ("--vkey", "--record"):
                options[argument] = next(rest, None)
            elif argument.startswith("--"):
                raise Unable("there is no option " + argument)
            else:
                files.append(argument)
        if len(files) != 1 or options.get("--vkey") is None or None in options.values():
            raise Unable("usage: verify_proof.py [--json] --vkey TEXT|FILE [--record FILE] PROOF")
        vkey = options["--vkey"]
        # A vkey has plus signs; a file that is named so is given as ./a+b.
        if "+" not in vkey or vkey.startswith((".", "/")):
            vkey = Path(vkey).read_text(encoding="utf-8").strip()
        record = read_file(options["--record"]) if "--record" in options else None
        code, answer = judge(read_file(files[0]), vkey, record)
    except (Unable, OSError, UnicodeDecodeError) as trouble:
        code, answer = 2, {"error": str(trouble)}
    print(as_json(answer) if in_json else as_text(answer), file=sys.stderr if code == 2 and not in_json else sys.stdout)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
