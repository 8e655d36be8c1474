"""A headless Chromium over a pipe: for pictures and for tests.

It speaks the DevTools protocol (https://chromedevtools.github.io/devtools-protocol/).
"""

import base64
import contextlib
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from typing import Any, BinaryIO, Literal

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
SECONDS = 30


def found() -> str | None:
    """The program: CHROME of the environment, or the first of the usual names on the path."""
    named = os.environ.get("CHROME")
    return shutil.which(named) if named else next((path for name in NAMES if (path := shutil.which(name))), None)


class Page:
    """A page in a browser. What the browser tells meanwhile is kept in `told`."""

    def __init__(self, requests: BinaryIO, answers: BinaryIO) -> None:
        self._requests, self._answers = requests, answers
        self._number = 0
        self._rest = b""
        self._session = ""
        self.told: list[tuple[str, dict[str, Any]]] = []
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Log", "Runtime"):
            self.ask(f"{domain}.enable")

    def ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        """The browser's answer; RuntimeError with what it says where it refuses."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters} | ({"sessionId": self._session} if self._session else {})
        self._requests.write(json.dumps(message).encode() + b"\0")
        while (answer := self._next()).get("id") != self._number:
            self.told.append((answer.get("method", ""), answer.get("params", {})))
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error'].get('message')}")
        return dict(answer["result"])

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            chunk = self._answers.read(1 << 16)
            if not chunk:
                raise RuntimeError("the browser has ended.")
            self._rest += chunk
        message, self._rest = self._rest.split(b"\0", 1)
        return dict(json.loads(message))

    def open(self, address: str, scripts: bool = True) -> None:
        """Opens it and waits until it is there, with or without JavaScript."""
        self.ask("Emulation.setScriptExecutionDisabled", value=not scripts)
        self.told.clear()
        self.ask("Page.navigate", url=address)
        while not any(method == "Page.loadEventFired" for method, _ in self.told):
            message = self._next()
            self.told.append((message.get("method", ""), message.get("params", {})))

    def value(self, expression: str) -> Any:
        """What JavaScript makes of it; we may ask where the page itself may not."""
        answer = self.ask("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(f"{expression}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    def press(self, key: str, code: int) -> None:
        text = {"text": "\r"} if key == "Enter" else {"text": " "} if key == " " else {}
        for kind in ("keyDown", "keyUp"):
            self.ask(
                "Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=code, **(text if kind == "keyDown" else {})
            )

    def looks(self, scheme: Literal["light", "dark"] = "light", width: int = 1100, height: int = 1400, media: str = "") -> None:
        """How it is shown: colours, size in pixels, and `print` as a medium."""
        self.ask("Emulation.setEmulatedMedia", media=media, features=[{"name": "prefers-color-scheme", "value": scheme}])
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def picture(self) -> bytes:
        """What is seen, as PNG."""
        return base64.b64decode(self.ask("Page.captureScreenshot", format="png", optimizeForSpeed=False)["data"])

    def printed(self) -> bytes:
        """All of it on paper, as PDF."""
        return base64.b64decode(self.ask("Page.printToPDF", printBackground=False)["data"])


@contextlib.contextmanager
def browser(program: str) -> Iterator[Page]:
    """A page in a browser of its own, which ends with the block; it keeps nothing."""
    from_us, to_us = os.pipe(), os.pipe()

    def hand_over() -> None:
        # It reads what it is asked from 3 and answers on 4.
        asked, told = os.dup(from_us[0]), os.dup(to_us[1])
        os.dup2(asked, 3)
        os.dup2(told, 4)

    # It does not run as root with a sandbox, and what it opens is ours.
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    quiet = ["--disable-gpu", "--hide-scrollbars", "--no-first-run", "--disable-background-networking", "--disable-component-update"]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        process = subprocess.Popen(
            [program, "--headless=new", "--remote-debugging-pipe", f"--user-data-dir={profile}", *quiet, *sandbox],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            preexec_fn=hand_over,
            pass_fds=(3, 4),
        )
        os.close(from_us[0])
        os.close(to_us[1])
        try:
            with os.fdopen(from_us[1], "wb", buffering=0) as requests, os.fdopen(to_us[0], "rb", buffering=0) as answers:
                yield Page(requests, answers)
        finally:
            process.terminate()
            try:
                process.wait(SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
