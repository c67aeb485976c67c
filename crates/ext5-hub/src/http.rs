use std::time::Duration;

use serde::de::DeserializeOwned;
use ureq::http::{HeaderMap, Response, Uri};
use ureq::{Agent, Body};

use crate::event::{Event, OnEvent};
use crate::{Environment, Error, Patience, Result, Token, hold};

/// Largest answer of the programming interface that is read, in bytes.
const ANSWER_LIMIT: u64 = 64 << 20;

/// Redirects of one request.
const MOST_REDIRECTS: usize = 10;

/// What a request is for; messages are made of it.
#[derive(Clone, Debug)]
pub(crate) struct Subject {
    /// `data set ...`, `file ... of the data set ...`.
    pub(crate) what: String,
    /// Page of the data set, where its terms are accepted.
    pub(crate) page: String,
    /// Commit that the answer must be of.
    pub(crate) commit: Option<String>,
}

/// Why a try failed: for good, or perhaps not the next time.
pub(crate) enum Failure {
    Again {
        reason: String,
        /// The pause that the server asks for.
        after: Option<Duration>,
    },
    Final(Error),
}

impl Failure {
    pub(crate) fn again(reason: impl Into<String>) -> Self {
        let reason = reason.into();
        Self::Again {
            reason,
            after: None,
        }
    }
}

impl<E: Into<Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Final(error.into())
    }
}

/// Failed tries of one request since something was gained.
#[derive(Default)]
pub(crate) struct Tries(u32);

/// The requests that this crate makes. Redirects are followed here and not by the library underneath, so that the token goes
/// to the Hub alone and to none that the Hub refers to.
#[derive(Debug)]
pub(crate) struct Http {
    agent: Agent,
    hub: Uri,
    token: Option<Token>,
    offline: bool,
    pub(crate) patience: Patience,
}

impl Http {
    pub(crate) fn new(environment: &Environment, patience: Patience) -> Result<Self> {
        let hub = environment
            .endpoint
            .parse()
            .map_err(|_| Error::Environment {
                variable: "HF_ENDPOINT",
                reason: "it is no address".to_owned(),
            })?;
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .proxy(environment.proxy())
            .user_agent(concat!("ext5/", env!("CARGO_PKG_VERSION")))
            .timeout_connect(Some(patience.connect))
            .timeout_recv_response(Some(patience.silence))
            .timeout_per_read(Some(patience.silence))
            .build();
        Ok(Self {
            agent: config.new_agent(),
            hub,
            token: environment.token.clone(),
            offline: environment.offline,
            patience,
        })
    }

    /// The JSON answer of `url` and its headers, asking again where that may help.
    pub(crate) fn json<T: DeserializeOwned>(
        &self,
        subject: &Subject,
        url: &str,
        on_event: OnEvent<'_>,
    ) -> Result<(T, HeaderMap)> {
        let mut tries = Tries::default();
        loop {
            match self.json_once(subject, url) {
                Ok(answer) => return Ok(answer),
                Err(failure) => tries.again(failure, &self.patience, subject, on_event)?,
            }
        }
    }

    fn json_once<T: DeserializeOwned>(
        &self,
        subject: &Subject,
        url: &str,
    ) -> std::result::Result<(T, HeaderMap), Failure> {
        let (head, body) = self.once(subject, url, 0)?.into_parts();
        let bytes = body
            .into_with_config()
            .limit(ANSWER_LIMIT)
            .read_to_vec()
            .map_err(|error| match error {
                ureq::Error::BodyExceedsLimit(_) => {
                    answer(subject, format!("it has more than {ANSWER_LIMIT} bytes"))
                }
                error => Failure::again(explain(&error)),
            })?;
        let value = serde_json::from_slice(&bytes)
            .map_err(|error| answer(subject, format!("it cannot be read ({error})")))?;
        Ok((value, head.headers))
    }

    /// One try to get `url`, from byte `from` on. The answer is a success (200, 206) or 416.
    pub(crate) fn once(
        &self,
        subject: &Subject,
        url: &str,
        from: u64,
    ) -> std::result::Result<Response<Body>, Failure> {
        if self.offline {
            let what = subject.what.clone();
            return Err(Error::offline(what).into());
        }
        let mut url = url.to_owned();
        for _ in 0..=MOST_REDIRECTS {
            let uri: Uri = url
                .parse()
                .map_err(|_| answer(subject, "it refers to what is no address"))?;
            let at_hub = same_origin(&uri, &self.hub);
            let response = self.send(&url, at_hub, from)?;
            subject.check_commit(response.headers())?;
            match response.status().as_u16() {
                200 | 206 | 416 => return Ok(response),
                301 | 302 | 303 | 307 | 308 => url = next(subject, &uri, response.headers())?,
                status => return Err(self.refused(subject, status, at_hub, response.headers())),
            }
        }
        Err(answer(
            subject,
            format!("it refers on more than {MOST_REDIRECTS} times"),
        ))
    }

    fn send(
        &self,
        url: &str,
        at_hub: bool,
        from: u64,
    ) -> std::result::Result<Response<Body>, Failure> {
        let mut request = self.agent.get(url).header("Accept-Encoding", "identity");
        if let (Some(token), true) = (&self.token, at_hub) {
            request = request.header("Authorization", format!("Bearer {}", token.expose()));
        }
        if from > 0 {
            request = request.header("Range", format!("bytes={from}-"));
        }
        request
            .call()
            .map_err(|error| Failure::again(explain(&error)))
    }

    fn refused(
        &self,
        subject: &Subject,
        status: u16,
        at_hub: bool,
        headers: &HeaderMap,
    ) -> Failure {
        match status {
            // A signed address of the content store has run out: the Hub gives a fresh one.
            401 | 403 if !at_hub => {
                Failure::again(format!("the content store answered with status {status}"))
            }
            401 | 403 => Failure::Final(self.denied(subject, status, headers)),
            404 | 410 => Failure::Final(Error::NotFound {
                what: subject.what.clone(),
                next: ", check its name in the task file or on the Hub".to_owned(),
            }),
            408 | 429 | 500..=599 => Failure::Again {
                reason: format!("the server answered with status {status}"),
                after: retry_after(headers),
            },
            _ => Failure::Final(Error::Unavailable {
                what: subject.what.clone(),
                reason: format!("the server answered with status {status}"),
            }),
        }
    }

    fn denied(&self, subject: &Subject, status: u16, headers: &HeaderMap) -> Error {
        let gated = header(headers, "x-error-code") == Some("GatedRepo");
        let next = match (gated, &self.token) {
            (true, None) => format!(
                "it asks to accept its terms at {}, then set `HF_TOKEN` to a token of that account",
                subject.page
            ),
            (true, Some(_)) => format!(
                "it asks to accept its terms at {} with the account of `HF_TOKEN`",
                subject.page
            ),
            (false, None) => {
                "it is private or does not exist: set `HF_TOKEN` to a token that may read it, or check its name".to_owned()
            }
            (false, Some(_)) => {
                "set `HF_TOKEN` to a token that may read it, the one given may not".to_owned()
            }
        };
        Error::Denied {
            what: subject.what.clone(),
            status,
            next,
        }
    }
}

impl Subject {
    fn check_commit(&self, headers: &HeaderMap) -> std::result::Result<(), Failure> {
        match (&self.commit, header(headers, "x-repo-commit")) {
            (Some(expected), Some(found)) if expected != found => Err(answer(
                self,
                format!(
                    "it is of commit `{}`, expected `{expected}`",
                    found.escape_debug()
                ),
            )),
            _ => Ok(()),
        }
    }
}

impl Tries {
    /// Pauses before the next try, or gives the error where there is none.
    pub(crate) fn again(
        &mut self,
        failure: Failure,
        patience: &Patience,
        subject: &Subject,
        on_event: OnEvent<'_>,
    ) -> Result<()> {
        let (reason, after) = match failure {
            Failure::Final(error) => return Err(error),
            Failure::Again { reason, after } => (reason, after),
        };
        let what = subject.what.clone();
        self.0 += 1;
        if self.0 >= patience.attempts {
            let reason = format!("{reason}, {} times in a row; try again later", self.0);
            return Err(Error::Unavailable { what, reason });
        }
        let pause = after.unwrap_or(patience.pause(self.0, &what));
        if after.is_some_and(|after| after > patience.longest_retry_after) {
            let seconds = pause.as_secs();
            let reason = format!("{reason} and asks to wait {seconds} s; try again then");
            return Err(Error::Unavailable { what, reason });
        }
        on_event(Event::Retrying {
            what: what.clone(),
            attempt: self.0,
            pause,
            reason,
        })?;
        hold::wait(pause, &what, on_event)
    }

    /// Something was gained: count from the start.
    pub(crate) fn reset(&mut self) {
        self.0 = 0;
    }
}

/// A header as text.
pub(crate) fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// The answer is not what a Hub says.
pub(crate) fn answer(subject: &Subject, reason: impl Into<String>) -> Failure {
    Failure::Final(Error::Answer {
        what: subject.what.clone(),
        reason: reason.into(),
    })
}

fn same_origin(one: &Uri, other: &Uri) -> bool {
    let port = |uri: &Uri| {
        uri.port_u16().or(match uri.scheme_str() {
            Some("https") => Some(443),
            Some("http") => Some(80),
            _ => None,
        })
    };
    let host = |uri: &Uri| uri.host().map(str::to_ascii_lowercase);
    one.scheme_str() == other.scheme_str() && host(one) == host(other) && port(one) == port(other)
}

/// Where a redirect leads: a whole address or a path at the same place, never from https to http.
fn next(
    subject: &Subject,
    from: &Uri,
    headers: &HeaderMap,
) -> std::result::Result<String, Failure> {
    let location = header(headers, "location")
        .ok_or_else(|| answer(subject, "it refers on and does not say where"))?;
    let scheme = from.scheme_str().unwrap_or("https");
    let host = from.authority().map_or("", |authority| authority.as_str());
    let target = if location.starts_with("//") {
        format!("{scheme}:{location}")
    } else if location.starts_with('/') {
        format!("{scheme}://{host}{location}")
    } else {
        location.to_owned()
    };
    let lower = target.to_ascii_lowercase();
    if lower.starts_with("https://") || (lower.starts_with("http://") && scheme == "http") {
        Ok(target)
    } else {
        Err(answer(
            subject,
            "it refers to an address that is not `https://`",
        ))
    }
}

fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = header(headers, "retry-after")?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}

/// A failed request in words; addresses are left out, for they may be signed.
fn explain(error: &ureq::Error) -> String {
    match error {
        ureq::Error::Io(source) => format!("the connection failed ({source})"),
        ureq::Error::Timeout(_) => "the server does not answer in time".to_owned(),
        ureq::Error::HostNotFound => "its host was not found".to_owned(),
        ureq::Error::BadUri(_) => "its address cannot be read".to_owned(),
        ureq::Error::Rustls(source) => format!("no secure connection could be made ({source})"),
        other => format!("the request failed ({other})"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_belongs_to_one_origin() {
        let hub: Uri = "https://huggingface.co".parse().unwrap();
        for (url, same) in [
            ("https://HuggingFace.co:443/x", true),
            ("http://huggingface.co/x", false),
            ("https://huggingface.co:8443/x", false),
            ("https://huggingface.co.example.org/x", false),
            ("https://huggingface.co@example.org/x", false),
        ] {
            assert_eq!(same_origin(&url.parse().unwrap(), &hub), same, "{url}");
        }
    }

    #[test]
    fn redirects_stay_secure() {
        let subject = Subject {
            what: "it".to_owned(),
            page: String::new(),
            commit: None,
        };
        let lead = |from: &str, location: &str| {
            let mut headers = HeaderMap::new();
            headers.insert("location", location.parse().unwrap());
            next(&subject, &from.parse().unwrap(), &headers).ok()
        };
        let from = "https://a.org/x?y";
        assert_eq!(lead(from, "/z?w").as_deref(), Some("https://a.org/z?w"));
        assert_eq!(lead(from, "//b.org/z").as_deref(), Some("https://b.org/z"));
        assert_eq!(
            lead(from, "https://b.org").as_deref(),
            Some("https://b.org")
        );
        assert_eq!(lead(from, "http://a.org/x"), None);
        assert_eq!(lead(from, "file:///etc/passwd"), None);
        assert_eq!(
            lead("http://a.org/x", "http://b.org/").as_deref(),
            Some("http://b.org/")
        );
    }
}
