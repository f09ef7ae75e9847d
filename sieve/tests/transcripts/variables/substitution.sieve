# RFC 5229 3: references are filled in, and what is none is left as it stands.
--- script
require ["variables", "fileinto"];
set "company" "ACME";
fileinto "&%${}!";
fileinto "${company}, Inc.";
fileinto "${president, ${company} Inc.";
fileinto "${doh!}";
fileinto "${COMPANY}${nothing}.";
--- actions
fileinto "&%${}!"
fileinto "ACME, Inc."
fileinto "${president, ACME Inc."
fileinto "${doh!}"
fileinto "ACME."
