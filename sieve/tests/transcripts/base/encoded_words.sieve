# RFC 5228 2.7.2: header text is compared in Unicode, its encoded words decoded.
--- message
Subject: =?iso-8859-1?q?Gr=FC=DFe?= aus =?utf-8?b?S8O2bG4=?=

--- true
header :is "subject" "Grüße aus Köln"
header :contains "subject" "öl"
--- false
header :contains "subject" "iso-8859"
