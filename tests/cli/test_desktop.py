"""Files as they are on a desktop: other editors, other spellings of one name, odd folders, links, open umasks."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from eth_account import Account

from ledger.cli import main
from ledger.cli.files import read_file
from ledger.core.document import read_wrapped
from ledger.core.statements.origin import Origin
from ledger.core.statements.signature import Algorithm
from ledger.edges.http import open_session
from ledger.edges.keys.keystore import Keystore
from ledger.edges.keys.passphrase import prepared, spellings, weakness
from ledger.edges.store import Store
from ledger.errors import Malformed, WrongPassphrase
from ledger.journeys.files import find_file
from tests.cli.test_cli import INVOICE

ROOT = Path(__file__).parents[2]
ORIGIN = Origin(31337, bytes(range(20)), bytes(32))
BOM = b"\xef\xbb\xbf"
SECRET = bytes(range(1, 33))
WALLET = json.dumps(Account.encrypt(SECRET, "wallet's own", kdf="scrypt", iterations=4096)).encode()
EMPTY = json.dumps(Account.encrypt(SECRET, "", kdf="pbkdf2", iterations=1000)).encode()
WIDE = "Grüße für Łódź"

Ledger = Callable[..., tuple[int, str, str]]


@pytest.fixture
def ledger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Ledger:
    """The command line in an empty folder, with a passphrase for the keystore. Exit code, output, errors."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ours.txt").write_text("the keystore's own\n")
    monkeypatch.setenv("LEDGER_PASSPHRASE_FILE", "ours.txt")
    monkeypatch.setattr("ledger.edges.keys.keystore.STRONG_WORK", 4096)

    def run(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["ledger", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        captured = capsys.readouterr()
        return int(ended.value.code or 0), captured.out, captured.err

    return run


# --------------------------------------------------------------------------------------------------------- passphrases


@pytest.mark.parametrize(("wallet", "theirs"), [(WALLET, "wallet's own"), (EMPTY, "")])
def test_a_wallets_own_passphrase_comes_from_a_file(ledger: Ledger, wallet: bytes, theirs: str) -> None:
    Path("wallet.json").write_bytes(wallet)
    Path("theirs.txt").write_text(theirs)
    code, _, errors = ledger("keys", "import", "officer", "wallet.json")
    assert (code, "give the wallet's own with --wallet-passphrase-file" in errors, "wallet.json" in errors) == (
        2,
        True,
        True,
    )
    code, printed, _ = ledger("keys", "import", "officer", "wallet.json", "--wallet-passphrase-file", "theirs.txt")
    assert (code, Account.from_key(SECRET).address.lower() in printed) == (0, True)
    assert Keystore(Path("state/keys")).load("officer", "the keystore's own").address == bytes.fromhex(
        Account.from_key(SECRET).address[2:]
    )


def test_a_wallets_own_passphrase_is_asked_for(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("wallet.json").write_bytes(WALLET)
    asked: list[str] = []

    def answer(prompt: str) -> str:
        asked.append(prompt)
        return "wallet's own"

    monkeypatch.setattr("ledger.cli.terminal.can_ask", lambda: answer)
    monkeypatch.setattr("ledger.cli.keys.can_ask", lambda: answer)
    assert ledger("keys", "import", "officer", "wallet.json")[0] == 0
    assert asked == ["Passphrase of the wallet wallet.json: "]


def test_a_passphrase_for_what_is_no_wallet_is_refused(ledger: Ledger) -> None:
    Path("key.txt").write_text(SECRET.hex())
    Path("theirs.txt").write_text("x")
    code, _, errors = ledger("keys", "import", "officer", "key.txt", "--wallet-passphrase-file", "theirs.txt")
    assert (code, "key.txt is none" in errors) == (2, True)
    assert ledger("keys", "import", "officer", "key.txt")[0] == 0


@pytest.mark.parametrize(
    "kdf",
    [
        {"kdf": "pbkdf2", "kdfparams": {"c": 2_000_000_000, "dklen": 32, "prf": "hmac-sha256", "salt": "00"}},
        {"kdf": "pbkdf2", "kdfparams": {"c": 1, "dklen": 2_000_000_000, "prf": "hmac-sha256", "salt": "00"}},
        {"kdf": "scrypt", "kdfparams": {"n": 1 << 40, "r": 8, "p": 1, "dklen": 32, "salt": "00"}},
        {"kdf": "scrypt", "kdfparams": {"n": 1 << 10, "r": 8, "p": 1 << 30, "dklen": 32, "salt": "00"}},
        {"KDF": "scrypt", "KDFParams": {"N": 1 << 40, "R": 8, "P": 1, "DKLEN": 32, "salt": "00"}},
        {"kdf": "scrypt", "kdfparams": {"n": -(1 << 40), "r": -8, "p": 1, "dklen": 32, "salt": "00"}},
        {"kdf": "scrypt", "kdfparams": {"n": 1e99, "r": 8, "p": 1, "dklen": 32, "salt": "00"}},
        {"kdf": "scrypt", "kdfparams": {"n": "9" * 5_000, "r": 8, "p": 1, "dklen": 32, "salt": "00"}},
        {"kdf": "argon2id", "kdfparams": {}},
        {"kdf": ["scrypt"], "kdfparams": {}},
        {"kdf": "scrypt", "kdfparams": 7},
    ],
)
def test_a_file_that_asks_for_endless_work_is_refused_before_any(
    ledger: Ledger, kdf: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    computed: list[object] = []
    monkeypatch.setattr(Account, "decrypt", lambda *given: computed.append(given) or SECRET)
    crypto = json.loads(WALLET)["crypto"]
    for name in ("kdf", "kdfparams"):
        del crypto[name]
    Path("slow.json").write_text(json.dumps(json.loads(WALLET) | {"crypto": crypto | kdf}))
    Path("theirs.txt").write_text("x")
    code, _, errors = ledger("keys", "import", "officer", "slow.json", "--wallet-passphrase-file", "theirs.txt")
    assert (code, "slow.json" in errors, "Fault" in errors, computed) == (2, True, False, [])


@pytest.mark.parametrize(
    ("passphrase", "why"),
    [("a", "has 1 character, "), ("short", "has 5 characters"), ("aaaaaaaaaaaaaaaa", "has only 1 different"),
     ("the keystore's own", None)],
)  # fmt: skip
def test_a_weak_passphrase_is_warned_of_and_taken(ledger: Ledger, passphrase: str, why: str | None) -> None:
    Path("ours.txt").write_text(passphrase)
    code, _, errors = ledger("keys", "new", "trader")
    assert code == 0
    assert (why in errors and "can guess it" in errors) if why else errors == ""
    assert ledger("keys", "list")[2] == ""
    assert (weakness(passphrase) is None) is (why is None)


@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_a_passphrase_opens_a_key_however_its_letters_are_spelled(tmp_path: Path, form: str) -> None:
    keys = Keystore(tmp_path, light=True)
    keys.create("made", Algorithm.SECP256K1, unicodedata.normalize(form, WIDE))
    (tmp_path / "older.json").write_text(  # as it was encrypted when nothing was prepared, or by another program
        json.dumps(Account.encrypt(SECRET, unicodedata.normalize(form, WIDE), kdf="scrypt", iterations=4096))
    )
    written = json.loads((tmp_path / "made.json").read_text())
    assert Account.decrypt(written, unicodedata.normalize("NFC", WIDE))  # whoever opens it elsewhere
    for spelled in ("NFC", "NFD"):
        for name in ("made", "older"):
            keys.load(name, unicodedata.normalize(spelled, WIDE))
    with pytest.raises(WrongPassphrase):
        keys.load("made", WIDE.replace("ß", "ss"))


def test_the_spaces_of_other_keyboards_are_spaces() -> None:
    assert prepared("four\u00a0random\u3000words") == "four random words"
    assert spellings("plain words") == ["plain words"]


# ---------------------------------------------------------------------------------------------------------- text files


@pytest.mark.parametrize(
    "written",
    [lambda text: BOM + text.encode(), lambda text: b"\xff\xfe" + text.encode("utf-16-le"),
     lambda text: b"\xfe\xff" + text.encode("utf-16-be"), lambda text: text.replace("\n", "\r\n").encode()],
    ids=["mark", "utf-16-le", "utf-16-be", "crlf"],
)  # fmt: skip
def test_text_files_of_other_editors_mean_what_they_say(ledger: Ledger, written: Callable[[str], bytes]) -> None:
    Path("ours.txt").write_bytes(written("the keystore's own\n"))
    Path("theirs.txt").write_bytes(written("wallet's own\n"))
    Path("wallet.json").write_bytes(written(json.dumps(json.loads(WALLET), indent=1)))
    Path("key.txt").write_bytes(written(f"0x{SECRET.hex()}\n"))
    Path("ledger.toml").write_bytes(written('# settings\nstate_dir = "kept"\n'))
    theirs = ["--wallet-passphrase-file", "theirs.txt"]
    assert ledger("keys", "import", "one", "wallet.json", *theirs)[0] == 0
    assert ledger("keys", "import", "two", "key.txt")[0] == 0
    keys = Keystore(Path("kept/keys"))
    assert keys.load("one", "the keystore's own").address == keys.load("two", "the keystore's own").address


def test_a_policy_and_a_trust_root_with_a_mark_are_read(ledger: Ledger) -> None:
    case = ROOT / "tests" / "conformance" / "at_the_attestation"
    for name in ("trust.json", "policy.json"):
        Path(name).write_bytes(BOM + (case / name).read_bytes().replace(b"\n", b"\r\n"))
    asked = json.loads((case / "case.json").read_text())
    times = ["--at", asked["at"], "--clock", asked["clock"]]
    assert ledger("verify", str(case / "evidence.json"), "-t", "trust.json", "-p", "policy.json", *times)[0] == 0


# --------------------------------------------------------------------------------------------------- names and folders


@pytest.mark.parametrize(("written", "asked"), [("NFC", "NFD"), ("NFD", "NFC")])
def test_a_name_is_found_however_its_letters_are_spelled(ledger: Ledger, written: str, asked: str) -> None:
    name, folder = "Überweisung.xml", "Verträge"
    place = Path(unicodedata.normalize(written, folder))
    place.mkdir()
    (place / unicodedata.normalize(written, name)).write_bytes(INVOICE)
    path = Path(unicodedata.normalize(asked, folder)) / unicodedata.normalize(asked, name)
    assert ledger("wrap", str(path), "-o", "out.wrapped")[0] == 0
    assert read_wrapped(Path("out.wrapped").read_bytes()).data == INVOICE
    with pytest.raises(Malformed, match="cannot be read"):
        read_file(Path("Anderes.xml"))


def test_of_two_names_that_look_the_same_none_is_guessed(tmp_path: Path) -> None:
    for form in ("NFC", "NFD"):
        (tmp_path / unicodedata.normalize(form, "åé")).write_bytes(form.encode())
    if len(list(tmp_path.iterdir())) == 1:
        pytest.skip("this file system has one spelling for names")
    for form in ("NFC", "NFD"):
        assert find_file(tmp_path / unicodedata.normalize(form, "åé")).read_bytes() == form.encode()
    between = tmp_path / (unicodedata.normalize("NFC", "å") + unicodedata.normalize("NFD", "é"))
    assert find_file(between) == between


@pytest.mark.parametrize("name", ["ship?2026", "feature%2Ftrade", "a#b", "100%", "a b", "x&y=z", "file:x", "né"])
def test_the_store_lies_in_the_very_folder_of_that_name(
    ledger: Ledger, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEDGER_STATE_DIR", name)
    monkeypatch.setenv("LEDGER_ORIGIN", str(ORIGIN))
    from ledger.app import App
    from ledger.settings import load_settings

    with App(load_settings()) as app:
        assert not app.has_store
        assert app.store.origin == ORIGIN
    with App(load_settings()) as app:
        assert app.has_store
        assert app.existing_store().origin == ORIGIN
    assert sorted(path.name for path in Path().iterdir()) == sorted([name, "ours.txt"])
    assert (Path(name) / "ledger.sqlite").stat().st_size > 0


# ------------------------------------------------------------------------------------------------------ who may read it


@pytest.fixture
def open_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.mark.usefixtures("open_umask")
def test_stores_wrapped_files_and_keys_are_for_their_owner_only(ledger: Ledger, tmp_path: Path) -> None:
    Path("invoice.xml").write_bytes(INVOICE)
    assert ledger("keys", "new", "trader")[0] == 0
    assert ledger("wrap", "invoice.xml")[0] == 0
    assert ledger("redact", "invoice.xml.wrapped", "--hide", "//ID")[0] == 0
    path = tmp_path / "kept" / "ledger.sqlite"
    path.parent.mkdir()
    store = Store.open(path, ORIGIN)
    try:
        beside = [item for item in path.parent.iterdir() if item.name.startswith("ledger.sqlite")]
        assert {item.suffix for item in beside} >= {".sqlite", ".sqlite-wal"}
        for private in (*beside, Path("state/keys/trader.json"), Path("invoice.xml.wrapped")):
            assert stat.S_IMODE(private.stat().st_mode) == 0o600, private
    finally:
        store.close()
    assert stat.S_IMODE(Path("state/keys").stat().st_mode) == 0o700
    assert stat.S_IMODE(Path("invoice.xml.redacted").stat().st_mode) == 0o666  # for others: as the umask says


def test_a_file_that_is_replaced_keeps_who_may_read_it(ledger: Ledger) -> None:
    Path("invoice.xml").write_bytes(INVOICE)
    ledger("wrap", "invoice.xml")
    Path("copy").touch(mode=0o600)
    assert ledger("redact", "invoice.xml.wrapped", "--hide", "//ID", "-o", "copy")[0] == 0
    assert stat.S_IMODE(Path("copy").stat().st_mode) == 0o600


# --------------------------------------------------------------------------------------------------------------- links


def test_nothing_is_written_through_a_second_name(ledger: Ledger) -> None:
    Path("invoice.xml").write_bytes(INVOICE)
    ledger("wrap", "invoice.xml")
    wrapped = Path("invoice.xml.wrapped").read_bytes()
    Path("link.redacted").hardlink_to("invoice.xml.wrapped")
    Path("two.redacted").write_bytes(b"kept")
    Path("names.redacted").hardlink_to("two.redacted")
    for target in ("link.redacted", "invoice.xml.wrapped"):
        code, _, errors = ledger("redact", "invoice.xml.wrapped", "--hide", "//ID", "-o", target)
        assert (code, "whose seed is nowhere else" in errors, target in errors) == (2, True, True)
    code, _, errors = ledger("redact", "invoice.xml.wrapped", "--hide", "//ID", "-o", "names.redacted")
    assert (code, "under two names (a hard link)" in errors) == (2, True)
    assert (Path("invoice.xml.wrapped").read_bytes(), Path("two.redacted").read_bytes()) == (wrapped, b"kept")


def test_a_symbolic_link_stays_one_and_a_device_is_written_to(ledger: Ledger) -> None:
    Path("invoice.xml").write_bytes(INVOICE)
    ledger("wrap", "invoice.xml")
    Path("there").mkdir()
    Path("copy").symlink_to("there/copy")
    for target in ("copy", "copy", "/dev/null"):
        assert ledger("redact", "invoice.xml.wrapped", "--hide", "//ID", "-o", target)[0] == 0
    assert Path("copy").is_symlink()
    assert Path("there/copy").read_bytes().startswith(b"{")


def test_an_interruption_leaves_the_old_file(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("invoice.xml").write_bytes(INVOICE)
    ledger("wrap", "invoice.xml")
    Path("copy").write_bytes(b"old")

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("ledger.edges.whole_file.os.fsync", full)
    code, _, errors = ledger("redact", "invoice.xml.wrapped", "--hide", "//ID", "-o", "copy")
    assert (code, "copy cannot be written: No space left on device" in errors) == (3, True)
    assert Path("copy").read_bytes() == b"old"
    assert not list(Path().glob(".*part"))


def test_keys_are_made_where_the_disk_has_no_hard_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(_self: Path, _target: Path) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "hardlink_to", refused)
    keys = Keystore(tmp_path / "keys", light=True)
    keys.create("trader", Algorithm.P256, "some passphrase")
    keys.load("trader", "some passphrase")
    assert [item.name for item in (tmp_path / "keys").iterdir()] == ["trader.json"]
    assert stat.S_IMODE((tmp_path / "keys" / "trader.json").stat().st_mode) == 0o600
    with pytest.raises(Exception, match="there already"):
        keys.create("trader", Algorithm.P256, "some passphrase")


# ------------------------------------------------------------------------------------------------- network and platform


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
def test_no_proxy_comes_between_us_and_loopback(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from requests.utils import select_proxy

    monkeypatch.setenv("HTTP_PROXY", "http://from-environment.example:1")
    proxy = "http://proxy.example:3128"
    for url, through in ((f"http://{host}:8545/", None), ("http://node.example:8545/", proxy)):
        session = open_session(url, proxy)
        asked = session.merge_environment_settings(url, {}, None, None, None)
        assert select_proxy(url, asked["proxies"]) == through


def test_verifying_needs_no_module_that_only_unix_has() -> None:
    """As on Windows: the modules cannot be imported, and a document is verified, wrapped and given a key."""
    case = ROOT / "tests" / "conformance" / "at_its_validity"
    asked = json.loads((case / "case.json").read_text())
    script = (
        "import sys\n"
        "for name in ('fcntl', 'resource', 'termios', 'pwd', 'grp', 'pty', 'tty', 'posix_ipc', 'uvloop'):\n"
        "    sys.modules[name] = None\n"
        "from ledger.cli import main\n"
        "sys.argv = ['ledger', *sys.argv[1:]]\n"
        "main()\n"
    )
    given = [
        str(case / "evidence.json"),
        "-t",
        str(case / "trust.json"),
        "--at",
        asked["at"],
        "--clock",
        asked["clock"],
    ]
    for words in (["verify", *given], ["--help"], ["help", "files"], ["serve", "--help"]):
        done = subprocess.run(
            [sys.executable, "-c", script, *words], cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
