"""A chromium without a window, driven by the protocol of its developer tools
over a pipe: for tests that look at a page."""

import base64
import json
import os
import shutil
import struct
import subprocess
import tempfile
import zlib


class Browser:
    """with Browser() as browser: browser.open("/path/page.html")

    requests: the addresses that were loaded; complaints: what the browser says
    of the page, such as a script that its policy forbids."""

    def __init__(self):
        self.dir = tempfile.mkdtemp(prefix="readdress-browser.")
        to_browser, self.write = os.pipe()
        self.read, from_browser = os.pipe()

        self.process = subprocess.Popen(
            # It reads from descriptor 3, and writes to 4.
            ["bash", "-c", f'exec "$@" 3<&{to_browser} 4>&{from_browser}',
             "bash", "chromium", "--headless=new", "--no-sandbox", "--disable-gpu",
             "--disable-dev-shm-usage", "--hide-scrollbars", "--no-first-run",
             "--disable-background-networking",
             f"--user-data-dir={self.dir}", "--remote-debugging-pipe"],
            pass_fds=(to_browser, from_browser),
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(to_browser)
        os.close(from_browser)
        self.left, self.number, self.session = b"", 0, None
        self.requests, self.complaints, self.events = [], [], []
        target = self.call("Target.createTarget", url="about:blank")
        self.session = self.call("Target.attachToTarget", flatten=True,
                                 targetId=target["targetId"])["sessionId"]
        for domain in ("Page", "Network", "Log", "Runtime"):
            self.call(f"{domain}.enable")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.process.kill()
        self.process.wait()
        os.close(self.write)
        os.close(self.read)
        shutil.rmtree(self.dir, ignore_errors=True)

    def _receive(self):
        while b"\0" not in self.left:
            data = os.read(self.read, 1 << 20)
            if not data:
                raise OSError("chromium has ended")
            self.left += data
        message, _, self.left = self.left.partition(b"\0")
        return json.loads(message)

    def _note(self, event):
        name, said = event["method"], event["params"]
        self.events.append(name)
        if name == "Network.requestWillBeSent":
            self.requests.append(said["request"]["url"])
        elif name in ("Log.entryAdded", "Runtime.consoleAPICalled",
                      "Runtime.exceptionThrown",
                      "Page.javascriptDialogOpening"):
            self.complaints.append(said)

    def call(self, method, **parameters):
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.write, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._receive()
            if answer.get("id") == self.number:
                if "error" in answer:
                    raise OSError(f"{method}: {answer['error']}")
                return answer["result"]
            if "method" in answer:
                self._note(answer)

    def open(self, path, width=1400, height=900, dark=False):
        """Loads a page in a window of this width, in light or dark."""
        self.requests, self.complaints, self.events = [], [], []
        self.call("Emulation.setDeviceMetricsOverride", width=width,
                  height=height, deviceScaleFactor=1, mobile=width < 600)
        self.call("Emulation.setEmulatedMedia", media="", features=[
            {"name": "prefers-color-scheme",
             "value": "dark" if dark else "light"}])
        self.call("Page.navigate", url=f"file://{os.path.abspath(path)}")
        while "Page.loadEventFired" not in self.events:
            self._note(self._receive())

    def ask(self, expression):
        """Returns the value of an expression in JavaScript."""
        answer = self.call("Runtime.evaluate", expression=expression,
                           returnByValue=True)
        if "exceptionDetails" in answer:
            raise ValueError(answer["exceptionDetails"])
        return answer["result"].get("value")

    def picture(self, box=None):
        """Returns the whole page, or a box of it, as the bytes of a PNG."""
        if box is None:
            size = self.call("Page.getLayoutMetrics")["cssContentSize"]
            box = {"x": 0, "y": 0, "width": size["width"],
                   "height": size["height"]}
        return base64.b64decode(self.call(
            "Page.captureScreenshot", format="png", captureBeyondViewport=True,
            clip={**box, "scale": 1})["data"])

    def paper(self):
        """Returns the page as it is printed on A4: the bytes of a PDF."""
        return base64.b64decode(self.call(
            "Page.printToPDF", paperWidth=8.27, paperHeight=11.69,
            preferCSSPageSize=True)["data"])


def pixels(png):
    """Returns the width of a picture and its pixels, (red, green, blue), row
    after row."""
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    at, data = 8, b""
    while at < len(png):
        size, kind = struct.unpack_from(">I4s", png, at)
        if kind == b"IHDR":
            width, height, depth, colour = struct.unpack_from(
                ">IIBB", png, at + 8)
        elif kind == b"IDAT":
            data += png[at + 8:at + 8 + size]
        at += size + 12
    assert depth == 8 and colour in (2, 6), (depth, colour)
    step = 3 if colour == 2 else 4
    raw, above, found = zlib.decompress(data), bytes(width * step), []
    for row in range(height):
        at = row * (width * step + 1)
        above = _unfilter(raw[at], raw[at + 1:at + 1 + width * step], above,
                          step)
        found += zip(above[0::step], above[1::step], above[2::step])
    return width, found


def _unfilter(kind, line, above, step):
    """Undoes what PNG does to a row (its specification, section 9)."""
    line = bytearray(line)
    for i, value in enumerate(line):
        left = line[i - step] if i >= step else 0
        corner = above[i - step] if i >= step else 0
        guess = left + above[i] - corner
        near = min((left, above[i], corner), key=lambda it: abs(guess - it))
        line[i] = (value + (0, left, above[i], (left + above[i]) // 2,
                            near)[kind]) & 255
    return bytes(line)
