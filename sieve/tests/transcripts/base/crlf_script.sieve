# RFC 5228 2.1: lines end with CRLF or, leniently, LF; a byte order mark is passed over.
--- script
﻿require "fileinto";
fileinto "a";
--- actions
fileinto "a"
