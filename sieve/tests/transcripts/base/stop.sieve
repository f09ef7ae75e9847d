# RFC 5228 3.3: stop ends the script; what was decided before stays.
--- script
if true { stop; }
discard;
--- actions
keep
