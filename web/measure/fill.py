#!/usr/bin/env python3
"""Writes an mbox with many small messages of many conversations: `fill.py 250000 > many.mbox`."""
import sys
from email.utils import formatdate

WORDS = "offer roof plan invoice meeting garden budget train school letter engine window answer report travel lunch".split()
START = 1_700_000_000


def message(number: int) -> str:
    thread = number // 3
    words = [WORDS[(thread * 7 + at * 5) % len(WORDS)] for at in range(4)]
    subject = " ".join(words[:3]) + f" {thread}"
    reply = f"In-Reply-To: <m{thread * 3}@example.net>\n" if number % 3 else ""
    date = formatdate(START + number * 120)
    return (
        f"From sender{number % 500}@example.net Thu Jan  1 00:00:00 2026\n"
        f"From: Sender {number % 500} <sender{number % 500}@example.net>\nTo: anna@example.org\n"
        f"Subject: {'Re: ' if number % 3 else ''}{subject}\nDate: {date}\nMessage-ID: <m{number}@example.net>\n{reply}"
        f"MIME-Version: 1.0\nContent-Type: text/html; charset=utf-8\n\n"
        f"<p>Hello,</p><p>{' '.join(words)} {' '.join(WORDS)} {number}</p>\n\n"
    )


for number in range(int(sys.argv[1])):
    sys.stdout.write(message(number))
