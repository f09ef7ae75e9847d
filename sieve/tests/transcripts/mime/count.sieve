# RFC 5703 4.1: how many fields, or parameters, there are.
--- require
require ["mime", "relational"];
--- message
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/plain; charset=a; format=flowed

x
--b
Content-Type: text/plain; charset=b

y
--b--
--- true
header :mime :anychild :type :count "eq" "Content-Type" "3"
header :mime :anychild :param "charset" :count "eq" "Content-Type" "2"
header :mime :anychild :param ["charset", "format"] :count "eq" "Content-Type" "3"
