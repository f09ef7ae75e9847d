# RFC 5703 7: text of a part, decoded, as much as is asked for.
--- script
require ["mime", "foreverypart", "variables", "extracttext", "fileinto"];
foreverypart {
  if header :mime :type "Content-Type" "text" { extracttext :upper :first 5 "text"; break; }
}
fileinto "${text}";
--- message
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/plain; charset=iso-8859-1
Content-Transfer-Encoding: quoted-printable

Gr=FC=DFe
--b--
--- actions
fileinto "GRüßE"
