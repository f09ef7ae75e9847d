//! Signing in over HTTP: browser sessions, second factors, passkeys, and tokens for programs.
