#!/usr/bin/env python3
"""Signed links by another implementation: makes domain/src/signed_link/vectors.json.

Written from the description in domain/src/signed_link.rs with the standard library only, so that the two
implementations share nothing but the description. The keys are those of the tests.
"""
import base64
import datetime
import hashlib
import hmac
import json
import pathlib
import random

KEYS = {"k1": bytes([1]) * 32, "k2": bytes([2]) * 32}
PURPOSES = ["offer", "upload", "sign"]
NOW = datetime.datetime(2026, 11, 23, 11, 5, tzinfo=datetime.timezone.utc)
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text):
    if any(c not in ALPHABET for c in text):
        return None
    try:
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        return None
    return data if b64(data) == text else None


def mac(key, signed):
    return hmac.new(key, b"kite-link\n" + signed.encode(), hashlib.sha256).digest()


def sign(key_id, claims):
    payload = json.dumps(claims, separators=(",", ":"), ensure_ascii=False).encode()
    signed = f"v1.{key_id}.{b64(payload)}"
    return f"{signed}.{b64(mac(KEYS[key_id], signed))}"


def verify(token, purpose, now):
    parts = token.split(".")
    if len(parts) != 4 or parts[0] != "v1" or parts[1] not in KEYS:
        return False
    signature = unb64(parts[3])
    if signature is None:
        return False
    if not hmac.compare_digest(signature, mac(KEYS[parts[1]], ".".join(parts[:3]))):
        return False
    claims = json.loads(unb64(parts[2]))
    return claims["p"] == purpose and now.timestamp() < claims["e"]


def main():
    rng = random.Random(20261123)
    vectors = []

    def add(token, purpose, now):
        vectors.append(
            {
                "token": token,
                "purpose": purpose,
                "now": now.isoformat().replace("+00:00", "Z"),
                "accepted": verify(token, purpose, now),
            }
        )

    for number in range(80):
        claims = {
            "p": rng.choice(PURPOSES),
            "s": rng.choice(["buyout:demo:%d", "выкуп:%d", 'quoted "%d"', "a/b?c=%d"]) % number,
            "a": rng.choice(["client", "partner"]),
            "e": int(NOW.timestamp()) + rng.choice([-1, 0, 1, 3600, 259200]),
            "i": b64(rng.randbytes(16)),
        }
        token = sign(rng.choice(list(KEYS)), claims)
        add(token, claims["p"], NOW)
        add(token, claims["p"], NOW - datetime.timedelta(days=1))
        add(token, rng.choice(PURPOSES), NOW)
        place = rng.randrange(len(token))
        changed = token[:place] + rng.choice(ALPHABET) + token[place + 1 :]
        add(changed, claims["p"], NOW - datetime.timedelta(days=1))
        add(token[: rng.randrange(len(token))], claims["p"], NOW)
    path = pathlib.Path(__file__).parents[2] / "domain/src/signed_link/vectors.json"
    lines = ",\n".join(json.dumps(vector, ensure_ascii=False) for vector in vectors)
    path.write_text(f"[\n{lines}\n]\n")


if __name__ == "__main__":
    main()
