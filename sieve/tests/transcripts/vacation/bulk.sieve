# RFC 3834 2: older signs of mail from machines are heeded, too.
--- script
require "vacation";
vacation "Away.";
--- message
From: sender@example.net
To: owner@example.org
Precedence: bulk

--- actions
keep
