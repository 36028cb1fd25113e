"""Signatures of plans: made over the exact text, and every broken key file is one sentence."""

from __future__ import annotations

import pytest

from sync.signing import SigningError, load_signer, load_verifier, new_key_pair, sign, verify


def test_a_signature_holds_for_exactly_the_text(keys):
    signer, verifier = keys
    signature = sign(signer, '{"version":1}')
    assert verify(verifier, '{"version":1}', signature)
    assert not verify(verifier, '{"version": 1}', signature)


def test_a_foreign_key_and_garbage_do_not_verify(keys, tmp_path):
    private, _ = new_key_pair(tmp_path / "stranger")
    for signature in (sign(load_signer(private), "plan"), "", "AAAA", "not base64 ü", "A" * 88):
        assert not verify(keys[1], "plan", signature)


def test_the_signing_key_is_the_owners_alone_and_never_overwritten(tmp_path):
    private, _ = new_key_pair(tmp_path)
    assert private.stat().st_mode & 0o777 == 0o600
    before = private.read_bytes()
    with pytest.raises(SigningError, match="exists"):
        new_key_pair(tmp_path)
    assert private.read_bytes() == before


@pytest.mark.parametrize(
    "content", [b"", b"\x00" * 64, b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"]
)
def test_a_broken_key_file_is_one_sentence(tmp_path, content):
    path = tmp_path / "broken.key"
    path.write_bytes(content)
    for load in (load_signer, load_verifier):
        with pytest.raises(SigningError, match=r"broken\.key"):
            load(path)


def test_a_missing_or_swapped_key_file_is_one_sentence(tmp_path):
    private, public = new_key_pair(tmp_path)
    for load, path in ((load_signer, tmp_path / "none"), (load_signer, public), (load_verifier, private)):
        with pytest.raises(SigningError, match=path.name):
            load(path)
