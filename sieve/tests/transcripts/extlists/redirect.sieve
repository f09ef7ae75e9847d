# RFC 6134 2.4: to all that stand in the list.
--- given
list tag:a one@example.org two@example.org bad
--- script
require "extlists";
redirect :list "tag:a";
--- actions
redirect one@example.org
redirect two@example.org
