# RFC 5228 2.10.5: commands that nobody knows are errors.
--- script
forward "a@example.org";
--- error
line 1, column 1: there is no command `forward`
