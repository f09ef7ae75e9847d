//! ManageSieve: the protocol by which programs put filters in place (RFC 5804).
