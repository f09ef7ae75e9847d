# RFC 5228 5.1: address compares addresses, or parts of them, never display names or groups.
--- message
From: "Coyote, Wile E." <Coyote@Desert.example.org> (hungry)
To: Friends: roadrunner@acme.example.com, b@acme.example.com;, c@example.net
Cc: undisclosed-recipients:;

--- true
address "from" "coyote@desert.example.org"
address :all :is "from" "coyote@desert.example.org"
address :localpart "from" "coyote"
address :domain :is ["from", "to"] "acme.example.com"
address :domain :contains "to" "net"
address :matches "to" "road*@*"
address :is "to" "c@example.net"
--- false
address :contains "from" "Wile"
address :contains "from" "hungry"
address :contains "to" "Friends"
address :contains "cc" ""
address :localpart "from" "coyote@desert.example.org"
