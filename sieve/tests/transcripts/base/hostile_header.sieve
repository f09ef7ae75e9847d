# Ours: lines that are no fields, fields without a name and bare line ends are passed over.
--- message
From nobody Wed Dec  7 05:08:02 2005
: no name
Sub ject: b
Subject : c

--- true
header :is "subject" "c"
--- false
header :contains "" ""
header :contains "From nobody Wed Dec  7 05" ""
exists "sub ject"
