# RFC 6609 3.4: variables belong to their script unless they are declared global.
--- script
require ["include", "fileinto", "variables", "relational"];
global "test";
global "test_mailbox";
set "test" "hello";
set "private" "main";
include "subject_tests";
if string :count "eq" "${test_mailbox}" "1" { fileinto "${test_mailbox}-${private}"; }
--- script personal subject_tests
require ["include", "variables"];
global ["test", "test_mailbox"];
set "private" "included";
if header :contains "Subject" "${test}" { set "test_mailbox" "spam-${test}"; }
--- actions
fileinto "spam-hello-main"
