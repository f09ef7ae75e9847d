# RFC 5228 3.2: require stands before all other commands.
--- script
keep;
require "fileinto";
--- error
line 2, column 1: `require` stands before all other commands
