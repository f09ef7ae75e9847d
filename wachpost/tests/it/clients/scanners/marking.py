"""A milter on libmilter: refuses what has EVIL in its subject, puts another body into what has PLAIN there, and marks everything else."""

import sys

import Milter


class Marking(Milter.Base):
    def envfrom(self, sender, *parameters):
        self.sender = sender.strip("<>")
        self.subject = ""
        self.octets = b""
        return Milter.CONTINUE

    def header(self, name, value):
        if name.lower() == "subject":
            self.subject = value
        return Milter.CONTINUE

    def body(self, piece):
        self.octets += piece
        return Milter.CONTINUE

    def eom(self):
        if "EVIL" in self.subject:
            self.setreply("554", "5.7.1", "Not with me.")
            return Milter.REJECT
        if "PLAIN" in self.subject:
            self.replacebody(self.octets.upper())
            self.replacebody(b"-- \nchecked\n" * 10_000)
        self.addheader("X-Milter-Seen", self.sender)
        self.chgheader("Subject", 1, "[seen] " + self.subject)
        return Milter.CONTINUE


Milter.factory = Marking
Milter.set_flags(Milter.ADDHDRS + Milter.CHGHDRS + Milter.CHGBODY)
Milter.runmilter("marking", "unix:" + sys.argv[1], 60)
