//! The ACME library's way to the issuer: through the process that connects out.

use std::future::Future;
use std::pin::Pin;

use axum::body::Bytes;
use axum::http::{Request, Response};
use egress::Egress;
use egress::wire::{HttpRequest, Method, Redirects};
use http_body_util::{BodyExt, Full};
use instant_acme::{BodyWrapper, BytesResponse, Error, HttpClient};

/// Octets of an answer: a chain of certificates is the largest.
const ANSWER_OCTETS_MAX: u32 = 256 * 1024;
/// How long one request may take.
const REQUEST_MS_MAX: u32 = 60_000;

/// The way.
#[derive(Debug)]
pub(super) struct Client(pub(super) Egress);

type Answered = Pin<Box<dyn Future<Output = Result<BytesResponse, Error>> + Send>>;

impl HttpClient for Client {
    fn request(&self, request: Request<BodyWrapper<Bytes>>) -> Answered {
        let egress = self.0.clone();
        Box::pin(async move {
            let (parts, body) = request.into_parts();
            let other = |error: Box<dyn std::error::Error + Send + Sync>| Error::Other(error);
            let body = body
                .collect()
                .await
                .map_err(|error| other(Box::new(error)))?;
            let method = match parts.method.as_str() {
                "GET" => Method::Get,
                "HEAD" => Method::Head,
                _ => Method::Post,
            };
            let headers = parts.headers.iter().filter_map(|(name, value)| {
                Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
            });
            let wanted = HttpRequest {
                method,
                url: parts.uri.to_string(),
                headers: headers.collect(),
                redirects: Redirects::None,
                body_octets_max: ANSWER_OCTETS_MAX,
                time_ms_max: REQUEST_MS_MAX,
            };
            let answer = egress.fetch(wanted, body.to_bytes()).await;
            let (head, body) = answer.map_err(|error| other(Box::new(error)))?;
            let mut response = Response::builder().status(head.status);
            for (name, value) in &head.headers {
                response = response.header(name, value);
            }
            let response = response.body(Full::new(body));
            let response = response.map_err(|error| other(Box::new(error)))?;
            Ok(BytesResponse::from(response))
        })
    }
}
