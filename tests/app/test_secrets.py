"""Keys made once, readable by their owner only; what is sealed, hashed or signed with them holds."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from app.sealing import KeySealer, MediaLinks
from app.secrets import kept_secret
from app.settings import ROOT
from tests.storage.racing import Race

_MAKE = "import sys,pathlib;from app.secrets import kept_secret;print(kept_secret(pathlib.Path(sys.argv[1]),'k'))"


class TestKept:
    def test_made_once_and_closed_to_others(self, tmp_path: Path) -> None:
        folder = tmp_path / "new" / "data"
        first = kept_secret(folder, "secret.key")
        assert kept_secret(folder, "secret.key") == first
        assert kept_secret(folder, "desk.key") != first
        assert (folder / "secret.key").stat().st_mode & 0o777 == 0o600
        assert len(first) >= 40

    def test_two_processes_agree(self, tmp_path: Path) -> None:
        processes = [
            subprocess.Popen(
                [sys.executable, "-c", _MAKE, str(tmp_path)], stdout=subprocess.PIPE, cwd=ROOT
            )
            for _ in range(2)
        ]
        made = {process.communicate(timeout=60)[0] for process in processes}
        assert made == {(tmp_path / "k").read_bytes() + b"\n"}

    def test_nobody_gets_a_secret_half_written(self, tmp_path: Path) -> None:
        for number in range(20):
            made = Race(*[lambda n=number: kept_secret(tmp_path, f"k{n}")] * 4).run()
            assert len(set(made)) == 1
            assert made[0]


class TestSealing:
    def test_what_is_sealed_opens_with_the_same_secret_only(self) -> None:
        sealer = KeySealer.of("secret-a")
        sealed = sealer.seal("13812345678")
        assert "13812345678" not in sealed
        assert sealer.unseal(sealed) == KeySealer.of("secret-a").unseal(sealed) == "13812345678"
        assert KeySealer.of("secret-b").unseal(sealed) == ""
        assert sealer.seal("13812345678") != sealed  # equal numbers do not look equal

    @pytest.mark.parametrize("forged", ["", "x", "gAAAA", "电话"])
    def test_what_was_never_sealed_opens_to_nothing(self, forged: str) -> None:
        assert KeySealer.of("secret-a").unseal(forged) == ""

    def test_a_pseudonym_is_the_same_for_one_citizen_and_secret(self) -> None:
        one = KeySealer.of("secret-a").pseudonym("oCitizen")
        assert KeySealer.of("secret-a").pseudonym("oCitizen") == one
        assert (
            len(
                {
                    one,
                    KeySealer.of("b").pseudonym("oCitizen"),
                    KeySealer.of("secret-a").pseudonym("oB"),
                }
            )
            == 3
        )
        assert "oCitizen" not in one
        assert len(one) == 64  # the column's width


class TestLinks:
    def test_a_link_leads_to_its_medium(self) -> None:
        links = MediaLinks(KeySealer.of("secret-a"), "https://example.org")
        url = links.url("p1")
        assert url.startswith("https://example.org/media/")
        assert links.medium_id(url.rpartition("/")[2]) == "p1"

    @pytest.mark.parametrize("change", ["", "p2", "cut", "other secret"])
    def test_a_forged_link_leads_nowhere(self, change: str) -> None:
        links = MediaLinks(KeySealer.of("secret-a"), "https://example.org")
        signed = links.url("p1").rpartition("/")[2]
        forged = {
            "": "",
            "p2": signed.replace(signed[:3], "InA", 1)
            if signed[:3] != "InA"
            else "InB" + signed[3:],
            "cut": signed[:-1],
            "other secret": MediaLinks(KeySealer.of("secret-b"), "").url("p1").rpartition("/")[2],
        }[change]
        assert links.medium_id(forged) is None
