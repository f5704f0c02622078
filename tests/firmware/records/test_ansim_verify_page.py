"""The page that checks a bundle in a browser says what the program says; it asks no server and no network."""

from __future__ import annotations

import base64
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from firmware.records import ansim_verify
from firmware.records.custody.deterministic_zip import pack, unpack
from tests.firmware.records.test_ansim_verify import BUNDLE_CHANGES, REVOKED, made

PAGE = Path(ansim_verify.__file__).with_name("ansim_verify.html")
WORDS = {"WHOLE": "whole", "CONSISTENT": "consistent", "ALTERED": "altered"}
NODE, BROWSER = shutil.which("node"), shutil.which("chromium")
IN_NODE = """
const fs = require("fs"), asked = JSON.parse(fs.readFileSync(0, "utf8"));
(async () => {
  const out = [];
  for (const one of asked) {
    try { out.push(await verifyBundle(new Uint8Array(fs.readFileSync(one.file)), one)); }
    catch (error) { out.push({ error: String(error.message) }); }
  }
  console.log(JSON.stringify(out));
})();
"""
__all__ = ["made"]


def script() -> str:
    found = re.search(r'<script id="verifier">(.*?)</script>', PAGE.read_text(encoding="utf-8"), re.S)
    assert found
    return found.group(1)


def checked(tmp_path: Path, *asked: dict[str, str]) -> list[dict[str, Any]]:
    """Return what the page's own code says of these files."""
    if NODE is None:
        pytest.skip("needs node to run the page's code")
    program = tmp_path / "page.js"
    program.write_text(script() + IN_NODE, encoding="utf-8")
    done = subprocess.run(
        [NODE, program], input=json.dumps(asked), capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    answers: list[dict[str, Any]] = json.loads(done.stdout)
    return answers


def test_it_says_what_the_program_says(
    tmp_path: Path, made: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pem, paper = (made / "unit.pem").read_text(), (made / "hash").read_text()
    files = {"good": made / "good.zip"}
    for number, (name, change) in enumerate(BUNDLE_CHANGES.items()):
        parts, _ = unpack(made / "good.zip")
        change(parts)
        files[name] = tmp_path / f"{number}.zip"
        files[name].write_bytes(pack(parts))
    known = ({}, {"pem": pem}, {"pem": pem, "expect": paper}, {"pem": pem, "expect": "0" * 64})
    asked = [{"file": str(file), **more} for file in files.values() for more in known]
    said = checked(tmp_path, *asked)
    for question, answer in zip(asked, said, strict=True):
        more = ["--key", str(made / "unit.pem")] if "pem" in question else []
        more += ["--expect", question["expect"]] if "expect" in question else []
        ansim_verify.main([question["file"], *more])
        told = capsys.readouterr().out.split()
        word = answer.get("word", "altered")
        assert word == (WORDS[told[0].strip(",")] if told else "altered"), (question, answer, told)
    assert [a["word"] for a in said[:4]] == ["consistent", "consistent", "whole", "altered"]
    assert {a.get("word", "altered") for a in said[4:]} == {"altered"}


def test_a_revoked_key_no_longer_counts(tmp_path: Path, made: Path) -> None:
    pem, paper = (made / "unit.pem").read_text(), (made / "hash").read_text()
    own = ansim_verify.fingerprint(ansim_verify.read_pem(pem.encode()))
    known = {"file": str(made / "good.zip"), "pem": pem, "expect": paper}
    texts = [t.replace("OWN", own).replace("Own", own.upper()) for w in REVOKED.values() for t in w.values()]
    said = checked(tmp_path, *({**known, "revoked": text} for text in texts))
    count = len(REVOKED["counts"])
    assert [a["word"] for a in said] == ["altered"] * count + ["whole"] * (len(texts) - count)


@pytest.mark.parametrize("content", [b"", b"PK\5\6" + bytes(18), b"x" * 100, b"PK\5\6" + b"\xff" * 18])
def test_what_is_no_bundle_is_refused_with_a_sentence(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "x.zip"
    file.write_bytes(content)
    (answer,) = checked(tmp_path, {"file": str(file)})
    assert answer["error"]


def test_it_reaches_nothing_outside_itself() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert "default-src 'none'" in page
    assert not re.search(
        r"https?://|fetch\(|XMLHttp|WebSocket|sendBeacon|innerHTML|<(?:img|link|iframe)", page
    )


def test_both_languages_say_the_same_things() -> None:
    page = PAGE.read_text(encoding="utf-8")
    english, korean = (
        set(re.findall(r"(?:^|[{,]\s*)([a-z]+):", block, re.M))
        for block in re.search(r"en: \{(.*?)\n  ko: \{(.*?)\n\};", page, re.S).groups()  # type: ignore[union-attr]
    )
    assert english == korean
    assert {"altered", "whole", "consistent", "unpinned"} <= english


def test_a_browser_shows_the_result(tmp_path: Path, made: Path) -> None:
    if BROWSER is None:
        pytest.skip("needs a browser")
    held = base64.b64encode((made / "good.zip").read_bytes()).decode("ascii")
    run = f'verifyBundle(Uint8Array.from(atob("{held}"), c => c.charCodeAt(0))).then(show);'
    page = tmp_path / "page.html"
    page.write_text(PAGE.read_text(encoding="utf-8").replace("show(null);\n</script>", f"{run}</script>"))
    command = [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=5000"]
    command += [f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom", page.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert "CONSISTENT, not anchored" in done.stdout, done.stderr[-500:]
    assert (made / "hash").read_text() in done.stdout
