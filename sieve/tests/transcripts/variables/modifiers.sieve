# RFC 5229 4.1: the examples of modifiers, and their order.
--- script
require ["variables", "fileinto"];
set "a" "juMBlEd lETteRS";
set :length "b" "${a}";
fileinto "${b}";
set :lower "b" "${a}";
fileinto "${b}";
set :upperfirst "b" "${a}";
fileinto "${b}";
set :upperfirst :lower "b" "${a}";
fileinto "${b}";
set :quotewildcard "b" "Rock* ?\\";
fileinto "${b}";
set :upper :lowerfirst "b" "${a}";
fileinto "${b}";
--- actions
fileinto "15"
fileinto "jumbled letters"
fileinto "JuMBlEd lETteRS"
fileinto "Jumbled letters"
fileinto "Rock\\* \\?\\\\"
fileinto "jUMBLED LETTERS"
