use super::*;
use crate::password::scram_verifier;

// RFC 7677 3: user `user`, password `pencil`.
const FIRST: &str = "n,,n=user,r=rOprNGfwEbeRWgbNEkqO";
const NONCE: &str = "rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
const LAST: &str = "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,\
                    p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";

fn pencil() -> ScramVerifier {
    let salt = BASE64.decode("W22ZaJ0SNY7soEsUEjb6gQ==").unwrap();
    scram_verifier(b"pencil", &salt, 4_096)
}

fn first(text: &str) -> Result<ClientFirst, SignInError> {
    ClientFirst::parse(text.as_bytes())
}

#[test]
fn example_of_rfc_7677() {
    let client_first = first(FIRST).unwrap();
    let server_first = server_first(NONCE, &pencil());
    assert_eq!(
        server_first,
        "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
    );
    let last = ClientFinal::parse(LAST.as_bytes()).unwrap();
    assert!(last.is_bound_as(&client_first, &ChannelBinding::default()));
    assert_eq!(last.nonce, NONCE);
    let signature = prove(&client_first, &server_first, &last, &pencil()).unwrap();
    assert_eq!(
        server_final(signature),
        b"v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="
    );
}

#[test]
fn a_wrong_proof_proves_nothing() {
    let client_first = first(FIRST).unwrap();
    let mut last = ClientFinal::parse(LAST.as_bytes()).unwrap();
    last.proof[5] ^= 1;
    let server_first = server_first(NONCE, &pencil());
    assert_eq!(prove(&client_first, &server_first, &last, &pencil()), None);
}

#[test]
fn the_claim_about_channel_binding_must_fit() {
    let none = ChannelBinding::default();
    let bound = ChannelBinding {
        exporter: Some(vec![1; 32]),
        server_end_point: None,
    };
    let claim = |flag: &str, plus, binding| {
        first(&format!("{flag},,n=user,r=abc"))
            .unwrap()
            .check_binding(plus, binding)
            .is_ok()
    };
    assert!(claim("n", false, &none) && claim("n", false, &bound));
    assert!(claim("y", false, &none));
    assert!(!claim("y", false, &bound), "the offer was taken away");
    assert!(!claim("n", true, &bound) && !claim("y", true, &bound));
    assert!(claim("p=tls-exporter", true, &bound));
    assert!(!claim("p=tls-exporter", false, &bound));
    assert!(!claim("p=tls-server-end-point", true, &bound));
    assert!(!claim("p=tls-unique", true, &bound));
}

#[test]
fn another_connection_is_noticed() {
    let bound = |octet| ChannelBinding {
        exporter: None,
        server_end_point: Some(vec![octet; 32]),
    };
    let client_first = first("p=tls-server-end-point,,n=user,r=abc").unwrap();
    let data = [b"p=tls-server-end-point,,".as_slice(), &[7; 32]].concat();
    let proof = BASE64.encode([0; 32]);
    let last = format!("c={},r=abcdef,p={proof}", BASE64.encode(data));
    let last = ClientFinal::parse(last.as_bytes()).unwrap();
    assert!(last.is_bound_as(&client_first, &bound(7)));
    assert!(!last.is_bound_as(&client_first, &bound(8)));
    // The header alone, or another header, is not enough.
    let plain = ClientFinal::parse(LAST.as_bytes()).unwrap();
    assert!(!plain.is_bound_as(&client_first, &bound(7)));
}

#[test]
fn names_are_unescaped_and_act_as_themselves() {
    assert_eq!(first("n,,n=a=2Cb=3Dc,r=x").unwrap().name, "a,b=c");
    assert_eq!(first("n,a=User,n=user,r=x").unwrap().name, "user");
    assert_eq!(first("n,a=root,n=user,r=x"), Err(SignInError::Refused));
}

#[test]
fn what_breaks_the_grammar_is_malformed() {
    for text in [
        "",
        "n",
        "n,,",
        "x,,n=a,r=b",
        "n,,n=a",
        "n,,n=,r=b",
        "n,,n=a,r=",
        "n,,n=a=2c,r=b",
        "n,,n=a=,r=b",
        "n,,m=x,n=a,r=b",
        "n,x,n=a,r=b",
        "p=,,n=a,r=b",
        "p=a b,,n=a,r=b",
        "n,,n=a,r=b\u{e9}",
        "n,,n=a,r=b,",
        "n,,r=b,n=a",
    ] {
        assert_eq!(first(text), Err(SignInError::Malformed), "{text}");
    }
    assert!(first("n,,n=a,r=b,x=unknown").is_ok());
    let long = format!("n,,n=a,r={}", "x".repeat(CLIENT_NONCE_OCTETS_MAX + 1));
    assert_eq!(first(&long), Err(SignInError::Malformed));
    for text in [
        "",
        "c=biws,r=x",
        "c=biws,r=x,p=AAAA",
        "c=?,r=x,p=",
        "r=x,c=biws,p=",
        "c=biws,r=x y,p=",
    ] {
        assert!(ClientFinal::parse(text.as_bytes()).is_err(), "{text}");
    }
}
