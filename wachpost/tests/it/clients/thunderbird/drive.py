"""Starts Thunderbird without a screen and has it do a user's work, through Marionette, its remote protocol for tests."""

import json
import os
import smtplib
import socket
import subprocess
import sys
import time
from pathlib import Path

START_WAIT_SECONDS = 60
SCRIPT_WAIT_MILLISECONDS = 60_000
HOME = Path(os.environ["HOME"])
SCRIPT = Path(sys.argv[1]).read_text()

# No first steps, no questions, and no word to anybody but the server under test.
PREFERENCES = {
    "app.donation.eoy.version.viewed": 999,
    "app.update.enabled": False,
    "browser.safebrowsing.malware.enabled": False,
    "browser.safebrowsing.phishing.enabled": False,
    "datareporting.healthreport.uploadEnabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "extensions.update.enabled": False,
    "mail.instrumentation.postUrl": "",
    "mail.provider.suppress_dialog_on_startup": True,
    "mail.rights.version": 1,
    "mail.shell.checkDefaultClient": False,
    "mail.spotlight.firstRunDone": True,
    "mail.winsearch.firstRunDone": True,
    "mailnews.start_page.enabled": False,
    "marionette.port": 0,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    # Every name but the server's leads nowhere.
    "network.proxy.type": 1,
    "network.proxy.socks": "127.0.0.1",
    "network.proxy.socks_port": 9,
    "network.proxy.no_proxies_on": "127.0.0.1",
    "network.proxy.allow_hijacking_localhost": False,
    "services.settings.server": "data:,",
    "toolkit.telemetry.enabled": False,
}


class Marionette:
    """Messages are JSON with their length before them: [0, id, command, parameters] and [1, id, error, result]."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=120)
        self.file = self.socket.makefile("rb")
        self.commands = 0
        self.receive()

    def receive(self):
        length = b""
        while (octet := self.file.read(1)) != b":":
            assert octet, "Thunderbird closed the connection"
            length += octet
        return json.loads(self.file.read(int(length)))

    def ask(self, command, **parameters):
        self.commands += 1
        message = json.dumps([0, self.commands, command, parameters]).encode()
        self.socket.sendall(b"%d:%s" % (len(message), message))
        _kind, _id, error, result = self.receive()
        assert error is None, (command, error)
        return result

    def run(self, step):
        """Has the script do one step; it tells what it saw."""
        environment = {
            "user": os.environ["ANNA"],
            "other": os.environ["BEN"],
            "password": os.environ["PASSWORD"],
            "imaps": int(os.environ["IMAPS"]),
            "submissions": int(os.environ["SUBMISSIONS"]),
            "certificate": Path(os.environ["CERTIFICATE"]).read_text(),
        }
        answer = self.ask(
            "WebDriver:ExecuteAsyncScript", script=SCRIPT, args=[step, environment], sandbox="system", newSandbox=False
        )["value"]
        print(step, json.dumps(answer, indent=1, ensure_ascii=False), flush=True)
        assert answer["done"], answer


def profile():
    folder = HOME / "profile"
    folder.mkdir()
    lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in PREFERENCES.items()]
    (folder / "user.js").write_text("".join(lines))
    return folder


def start(folder):
    command = ["thunderbird", "--headless", "--marionette", "--remote-allow-system-access", "--no-remote"]
    child = subprocess.Popen([*command, "--profile", str(folder)], stdin=subprocess.DEVNULL)
    port = folder / "MarionetteActivePort"
    began = time.monotonic()
    while not (port.exists() and port.read_text()):
        assert child.poll() is None, "Thunderbird ended"
        assert time.monotonic() - began < START_WAIT_SECONDS, "Thunderbird does not answer"
        time.sleep(0.05)
    return child, Marionette(int(port.read_text()))


def deliver():
    with smtplib.LMTP("127.0.0.1", int(os.environ["LMTP"])) as lmtp:
        text = "From: list@example.net\r\nSubject: Eilbrief\r\nMessage-ID: <eilbrief@example.net>\r\n\r\nInhalt\r\n"
        lmtp.sendmail("list@example.net", [os.environ["ANNA"]], text)


process, thunderbird = start(profile())
thunderbird.ask("WebDriver:NewSession", capabilities={})
thunderbird.ask("Marionette:SetContext", value="chrome")
thunderbird.ask("WebDriver:SetTimeouts", script=SCRIPT_WAIT_MILLISECONDS)
for step in ("setsUp", "reads", "files"):
    thunderbird.run(step)
deliver()
for step in ("noticesNewMail", "sends"):
    thunderbird.run(step)
# As a user leaves: what it has not told the server yet, it tells now.
thunderbird.ask("Marionette:Quit", flags=["eAttemptQuit"])
process.wait(START_WAIT_SECONDS)
print("all is well", flush=True)
