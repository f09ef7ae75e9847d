# RFC 5228 2.4.2.4: octets and characters by number; what is no such sequence stays.
--- require
require ["encoded-character", "variables"];
--- true
string "$${hex:40}" "$@"
string "${hex: 40 41}" "@A"
string "${unicode:e4 00f6}" "äö"
string "${hex:c3 A4}" "ä"
string "${unicode:Cool}" "${hex:24}{unicode:Cool}"
