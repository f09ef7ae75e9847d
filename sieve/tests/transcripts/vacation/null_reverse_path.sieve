# RFC 3834 2: nothing answers the null reverse path.
--- given
from 
--- script
require "vacation";
vacation "Away.";
--- actions
keep
