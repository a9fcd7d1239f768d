"""A page in headless Chromium: `python3 page.py path/to/kitae WORK_FOLDER [CHROMIUM]`.

Exports the stored models of kitae-infer as pages, opens each straight from the disk, types into it, gives it a CSV file, and
compares what it says with `kitae predict`, to 1e-5. No error may reach the console and no request may leave the page. Says
that it did nothing where there is no Chromium.
"""

import base64
import csv
import hashlib
import io
import json
import os
import pathlib
import secrets
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[3]
STORED = ROOT / "crates/kitae-infer/tests/golden"
BROWSERS = ["chromium", "chromium-browser", "google-chrome", "chrome"]
ALLOWED = 1e-5
LEVEL = "0.9"
ANSWERED = "!id('main').hidden && id('said').textContent !== ''"


class Tab:
    """A tab of a browser, driven over its DevTools protocol: one text message for each call and each event."""

    def __init__(self, address):
        host, _, path = address.removeprefix("ws://").partition("/")
        name, _, port = host.partition(":")
        self.socket = socket.create_connection((name, int(port)), timeout=60)
        key = base64.b64encode(secrets.token_bytes(16)).decode()
        lines = [f"GET /{path} HTTP/1.1", f"Host: {host}", "Upgrade: websocket", "Connection: Upgrade",
                 f"Sec-WebSocket-Key: {key}", "Sec-WebSocket-Version: 13", "", ""]
        self.socket.sendall("\r\n".join(lines).encode())
        self.stream = self.socket.makefile("rb")
        head = list(iter(self.stream.readline, b"\r\n"))
        answer = base64.b64encode(hashlib.sha1((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode()).digest())
        assert any(answer in line for line in head), "no WebSocket was opened"
        self.number, self.events = 0, []

    def read(self):
        message = b""
        while True:
            first, length = self.stream.read(2)
            if length == 126:
                (length,) = struct.unpack(">H", self.stream.read(2))
            elif length == 127:
                (length,) = struct.unpack(">Q", self.stream.read(8))
            message += self.stream.read(length)
            if first & 0x80:
                return json.loads(message)

    def call(self, method, **given):
        self.number += 1
        text = json.dumps({"id": self.number, "method": method, "params": given}).encode()
        mask = secrets.token_bytes(4)
        length = bytes([0x80 | 127]) + struct.pack(">Q", len(text))
        self.socket.sendall(b"\x81" + length + mask + bytes(byte ^ mask[i % 4] for i, byte in enumerate(text)))
        while True:
            message = self.read()
            if message.get("id") == self.number:
                assert "error" not in message, message
                return message["result"]
            self.events.append(message)

    def value(self, script):
        """What a script is, once it is there."""
        result = self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    def until(self, script):
        for _ in range(600):
            # Before the page is there, names in the script are not.
            value = self.value(f"(() => {{ try {{ return {script} }} catch {{ return null }} }})()")
            if value:
                return value
            time.sleep(0.05)
        raise AssertionError(f"it never came: {script}; the page says {self.value('document.body.innerText')}")

    def faults(self):
        """Errors on the console, exceptions, and requests for anything but the page and what is inside it."""
        self.value("1")
        found = []
        for event in self.events:
            what, given = event.get("method"), event.get("params", {})
            if what == "Runtime.exceptionThrown" or what == "Log.entryAdded" and given["entry"]["level"] == "error":
                found.append(given)
            if what == "Runtime.consoleAPICalled" and given["type"] in ("error", "warning"):
                found.append(given)
            if what == "Network.requestWillBeSent":
                if not given["request"]["url"].startswith(("file:", "blob:", "data:")):
                    found.append(given["request"]["url"])
        self.events.clear()
        return found


class Browser:
    def __init__(self, programme):
        self.profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        flags = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
                 "--remote-debugging-port=0", "--remote-allow-origins=*", f"--user-data-dir={self.profile.name}"]
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self.process = subprocess.Popen([programme, *flags, "about:blank"], **quiet)
        told = pathlib.Path(self.profile.name) / "DevToolsActivePort"
        for _ in range(1200):
            if told.is_file() and told.read_text().strip():
                break
            time.sleep(0.05)
        self.port = told.read_text().split()[0]

    def open(self, page, width=1200, dark=False):
        made = urllib.request.Request(f"http://127.0.0.1:{self.port}/json/new?about:blank", method="PUT")
        tab = Tab(json.load(urllib.request.urlopen(made))["webSocketDebuggerUrl"])
        for domain in ["Page", "Runtime", "Log", "Network", "DOM"]:
            tab.call(f"{domain}.enable")
        tab.call("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1, mobile=width < 600)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        tab.call("Emulation.setEmulatedMedia", features=[scheme])
        tab.call("Page.navigate", url=page.as_uri())
        return tab

    def close(self):
        self.process.terminate()
        self.process.wait()
        self.profile.cleanup()


def run(*words):
    subprocess.run([str(word) for word in words], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def read(text):
    rows = list(csv.reader(io.StringIO(text)))
    return rows[0], rows[1:]


def spread(cells):
    try:
        numbers = [float(cell) for cell in cells]
    except ValueError:
        return 0.0
    return max(numbers) - min(numbers)


def assert_equal(found, expected, what):
    """Two files of predictions: the same form, the same texts, numbers to 1e-5 of themselves or of their column's spread."""
    (names, rows), (known, known_rows) = read(found), read(expected)
    assert names == known and len(rows) == len(known_rows) > 0, f"{what}: {names} {len(rows)}"
    largest, spreads = 0.0, [spread(column) for column in zip(*known_rows)]
    for number, (row, known_row) in enumerate(zip(rows, known_rows)):
        for name, cell, known_cell, width in zip(names, row, known_row, spreads):
            if cell == known_cell:
                continue
            difference = abs(float(cell) - float(known_cell)) / max(abs(float(known_cell)), width)
            largest = max(largest, difference)
            assert difference <= ALLOWED, f"{what}, row {number + 1}, `{name}`: {cell}, expected {known_cell}"
    return largest


def predicted(kitae, model, table, work, *flags):
    out = work / "out.csv"
    run(kitae, "predict", model, table, "--out", out, "--quiet", *flags)
    return out.read_text()


def give_file(tab, path):
    """What the page makes of a file; nothing if it refuses it."""
    tab.value("id('file-said').textContent = ''")
    document = tab.call("DOM.getDocument")["root"]["nodeId"]
    node = tab.call("DOM.querySelector", nodeId=document, selector="#file")["nodeId"]
    tab.call("DOM.setFileInputFiles", files=[str(path)], nodeId=node)
    return outcome(tab)


def outcome(tab):
    tab.until("id('file-said').textContent !== '' && !id('file-said').textContent.startsWith('Reading')")
    return None if tab.value("id('file-save').hidden") else tab.value("window.kept.text()")


# The policy lets no script fetch what would be saved, so it is kept when it is made.
KEPT = """URL.createObjectURL = ((make) => (blob) => make.call(URL, window.kept = blob))(URL.createObjectURL); true"""


def check_file(tab, kitae, model, table, work, what):
    tab.value(KEPT)
    plain = assert_equal(give_file(tab, table), predicted(kitae, model, table, work), what)
    said = tab.value("id('file-said').textContent")
    assert said.endswith("answered."), said
    tab.value("id('file-said').textContent = '', id('file-level').click()")
    return max(plain, assert_equal(outcome(tab), predicted(kitae, model, table, work, "--interval", LEVEL), what))


def type_row(tab, row):
    """Types the cells of a row into the form, as the fields take them, and waits for the answer."""
    tab.value(f"""(() => {{
        const row = {json.dumps(row)};
        for (const [place, column] of model.columns.entries()) {{
            const field = id("column-" + place), cell = row[column.name];
            if (field.tagName !== "SELECT") field.value = cell;
            else field.selectedIndex = cell === "" ? 0 : 1 + column.levels.indexOf(cell);
        }}
        window.before = asked;
        id("row").dispatchEvent(new Event("input"));
    }})()""")
    tab.until("asked > window.before")
    # What is asked next waits behind what the page itself asked.
    return tab.value("""answer([Object.fromEntries(model.columns.map((column) => [column.name, column.cell()]))], LEVEL)
        .then((said) => new Promise((done) => setTimeout(() => done(said), 50)))""")


def check_row(tab, kitae, model, table, work, what):
    """Rows that are typed get the answers of the command line."""
    rows = list(csv.DictReader(table.open()))
    _, expected = read(predicted(kitae, model, table, work))
    known = tab.value("Object.fromEntries(model.columns.map((column) => [column.name, column.levels || null]))")
    n_typed = 0
    for row, cells in zip(rows, expected):
        kind = tab.value("Object.fromEntries(model.columns.map((column) => [column.name, column.kind]))")
        is_level = lambda name: kind[name] in ("category", "boolean")
        if any(is_level(name) and row[name] not in ["", *known[name]] for name in known):
            continue
        if n_typed == 5:
            break
        said = type_row(tab, row)["predictions"][0]
        shown = tab.value("id('said').textContent")
        if "probabilities" in said:
            assert said["prediction"] == shown == cells[0], f"{what}: {said} {shown} {cells}"
            numbers = list(said["probabilities"].values())
            bars = tab.value("document.querySelectorAll('#bars .bar').length")
            assert bars == min(len(numbers), 12), f"{what}: {bars} bars"
            wanted = cells[1:]
        else:
            numbers, wanted = [said["prediction"]], cells[:1]
            assert shown != "", what
        for number, cell in zip(numbers, wanted, strict=True):
            assert abs(number - float(cell)) <= ALLOWED * max(abs(float(cell)), 1e-3), f"{what}: {said} {cells}"
        assert not tab.value("id('region').hidden") and tab.value("id('moved-sub').textContent"), what
        n_typed += 1
    assert n_typed >= 3, f"{what}: {n_typed} rows could be typed"


def check_bad(tab, work, what):
    """What is wrong gets a sentence, and the page goes on."""
    for name, text, words in [("empty.csv", "", "empty"), ("other.csv", "no,such\n1,2\n", "column")]:
        path = work / name
        path.write_text(text)
        assert give_file(tab, path) is None, f"{what}: {name}"
        said = tab.value("id('file-said').textContent")
        assert words in said and tab.value("id('file-said').className") == "fault", said


def check_damaged(browser, page, work):
    """A page that was cut or changed says so."""
    html = page.read_text()
    start = html.index('data-name="weights.safetensors">') + 32
    for name, at, text in [("changed", start + 400, "AAAA"), ("no module", html.index('data-name="module">') + 19, "AAAA")]:
        broken = work / f"{name}.html"
        broken.write_text(html[:at] + text + html[at + 4:])
        tab = browser.open(broken)
        tab.until("id('sub').textContent.startsWith('This page cannot answer: ')")
        assert tab.value("id('main').hidden"), name


def check(browser, kitae, model, table, work):
    name = model.name
    page = work / f"{name}-page" / "index.html"
    shutil.rmtree(page.parent, ignore_errors=True)
    run(kitae, "export", model, "--web", page.parent)
    tab = browser.open(page)
    tab.until(ANSWERED)
    largest = check_file(tab, kitae, model, table, work, name)
    check_row(tab, kitae, model, table, work, name)
    check_bad(tab, work, name)
    assert tab.faults() == [], name
    narrow = browser.open(page, width=390)
    narrow.until(ANSWERED)
    assert narrow.value("document.documentElement.scrollWidth <= innerWidth"), f"{name}: wider than a phone"
    assert narrow.faults() == [], name
    check_damaged(browser, page, work)
    print(f"{name}: {page.stat().st_size / 1e6:.2f} MB, differs from `kitae predict` by at most {largest:.1e}")


def main():
    kitae, work, *named = sys.argv[1:]
    work = pathlib.Path(work).resolve() / "pages"
    work.mkdir(parents=True, exist_ok=True)
    programme = next(filter(None, map(shutil.which, named or BROWSERS)), None)
    if programme is None:
        print(f"The page was not tried: no browser is here ({', '.join(named or BROWSERS)}).")
        return
    browser = Browser(programme)
    try:
        for name in ["classes", "values"]:
            check(browser, kitae, STORED / name, STORED / name / "new.csv", work)
        # More models, each a folder and a table.
        for pair in filter(None, os.environ.get("KITAE_PAGES", "").split()):
            model, table = map(pathlib.Path, pair.split("="))
            check(browser, kitae, model.resolve(), table.resolve(), work)
    finally:
        browser.close()


if __name__ == "__main__":
    main()
