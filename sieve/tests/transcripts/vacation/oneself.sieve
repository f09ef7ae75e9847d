# Ours: nobody answers themselves.
--- given
from Owner@Example.org
--- script
require "vacation";
vacation "Away.";
--- actions
keep
