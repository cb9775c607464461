//! Letters about notices: sent by SMTP through the office's own mail server, TLS by rustls over aws-lc.
//!
//! A letter says that something waits and where to look, and nothing else: no title, no name, no number. A job that
//! could not be delivered is tried again with growing pauses; each letter has a `Message-ID` of its own, the same at
//! every try, so that a mail server which took it twice shows it once.

use anyhow::{Context, bail};
use async_trait::async_trait;
use cases::{
    Cases,
    notices::{DIGEST_JOB, MAIL_JOB},
};
use directory::Directory;
use exchange::transport::{Postman, Trouble};
use journal::{JobError, Worker};
use kernel::{Actor, Ctx, PersonId, Problem, Strength, id::RequestId};
use lettre::{
    Address, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    address::Envelope,
    message::{Mailbox, header::ContentType},
    transport::smtp::authentication::Credentials,
};
use serde_json::Value;
use std::{sync::Arc, time::Duration};

/// How long a mail server may take to answer.
const PATIENCE: Duration = Duration::from_secs(20);

/// Where letters go out.
#[derive(Debug, Clone, Default, serde::Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Mail {
    /// `smtp://host:25` in the house's own network, `smtp://host:587?tls=required`, or `smtps://host:465`; empty: no
    /// letters are sent.
    pub server: String,
    /// Who they come from: `Diên Hồng <khong-tra-loi@quochoi.example>`.
    pub from: String,
    /// The name to sign in with, where the server wants one.
    pub user: String,
    /// The file that holds its password.
    pub password_file: Option<std::path::PathBuf>,
}

/// The mail server, as the configuration has it.
fn server(mail: &Mail) -> anyhow::Result<AsyncSmtpTransport<Tokio1Executor>> {
    let server = AsyncSmtpTransport::<Tokio1Executor>::from_url(&mail.server);
    let mut server = server.with_context(|| "mail.server is no address: write smtp://host:25".to_owned())?;
    if !mail.user.is_empty() {
        let Some(file) = &mail.password_file else { bail!("mail.user is set, but mail.password_file is not") };
        let password = std::fs::read_to_string(file);
        let password = password.with_context(|| format!("cannot read mail.password_file {}", file.display()))?;
        server = server.credentials(Credentials::new(mail.user.clone(), password.trim_end().to_owned()));
    }
    Ok(server.timeout(Some(PATIENCE)).build())
}

/// Carries the office's signed letters to the mail server.
pub struct Carrier(AsyncSmtpTransport<Tokio1Executor>);

impl Carrier {
    /// By the configuration.
    ///
    /// # Errors
    /// A configuration that cannot work, in words.
    pub fn open(mail: &Mail) -> anyhow::Result<Carrier> {
        Ok(Carrier(server(mail)?))
    }
}

#[async_trait]
impl Postman for Carrier {
    async fn post(&self, from: &str, to: &[String], letter: Vec<u8>) -> Result<(), Trouble> {
        let address = |text: &String| text.parse::<Address>().map_err(|why| refused(&format!("{text:?}: {why}")));
        let to = to.iter().map(address).collect::<Result<Vec<_>, _>>()?;
        let envelope = Envelope::new(Some(address(&from.to_owned())?), to).map_err(|why| refused(&why.to_string()))?;
        match self.0.send_raw(&envelope, &letter).await {
            Ok(_) => Ok(()),
            Err(why) if why.is_permanent() => Err(refused(&why.to_string())),
            Err(why) if why.is_transient() => Err(Trouble::Busy { code: "smtp".into(), why: why.to_string() }),
            Err(why) if never_connected(&why) => Err(Trouble::Unreachable(why.to_string())),
            Err(why) => Err(Trouble::Unknown(why.to_string())),
        }
    }
}

fn refused(why: &str) -> Trouble {
    Trouble::Refused { code: "smtp".into(), why: why.to_owned() }
}

/// Nobody listens at the server's address: nothing was sent.
fn never_connected(error: &lettre::transport::smtp::Error) -> bool {
    let mut reason: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(here) = reason {
        let refused = here.downcast_ref::<std::io::Error>().map(std::io::Error::kind);
        if refused == Some(std::io::ErrorKind::ConnectionRefused) {
            return true;
        }
        reason = here.source();
    }
    false
}

/// Sends letters.
#[derive(Clone)]
pub struct Post {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    house: String,
    cases: Cases,
    directory: Directory,
}

impl Post {
    /// By the configuration; none when it names no mail server.
    ///
    /// # Errors
    /// A configuration that cannot work, in words.
    pub fn open(mail: &Mail, house: &str, cases: &Cases, directory: &Directory) -> anyhow::Result<Option<Post>> {
        if mail.server.is_empty() {
            return Ok(None);
        }
        let from =
            mail.from.parse().with_context(|| format!("mail.from is {:?}: write Name <name@host>", mail.from))?;
        let transport = server(mail)?;
        let (cases, directory) = (cases.clone(), directory.clone());
        Ok(Some(Post { transport, from, house: house.to_owned(), cases, directory }))
    }

    /// The workers that send.
    pub fn workers(post: Option<Post>) -> Vec<Arc<dyn Worker>> {
        vec![Arc::new(Letters(post.clone())), Arc::new(Digests(post))]
    }

    /// Sends a letter; a person without an address gets none.
    async fn send(&self, person: &PersonId, key: &str, subject: &str, body: &str) -> Result<(), JobError> {
        let Some(address) = self.cases.letter_address(person).await? else { return Ok(()) };
        // The address is the person's own matter: it is in no error and no log.
        let to = address.parse().map_err(|_| JobError::Hopeless("the person's address is no mail address".into()))?;
        let id = kernel::Digest::of(&[key.as_bytes()]).to_string();
        let host = self.from.email.domain();
        let letter = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(subject)
            .message_id(Some(format!("<{}@{host}>", &id[..40])))
            .header(ContentType::TEXT_PLAIN)
            .body(format!("{body}\r\n\r\n{}\r\n", self.house))
            .map_err(|why| JobError::Hopeless(why.to_string()))?;
        match self.transport.send(letter).await {
            Ok(_) => Ok(()),
            Err(why) if why.is_permanent() => Err(JobError::Hopeless("the mail server refused the letter".into())),
            Err(why) => {
                tracing::warn!(%why, "the mail server did not take a letter");
                Err(JobError::Retry("the mail server did not take it".into()))
            }
        }
    }
}

fn person_of(payload: &Value) -> Result<PersonId, JobError> {
    let id = payload.get("person").and_then(Value::as_str).unwrap_or_default();
    PersonId::new(id).map_err(|why| JobError::Hopeless(why.to_string()))
}

/// One letter for each notice.
struct Letters(Option<Post>);

#[async_trait]
impl Worker for Letters {
    fn kind(&self) -> &'static str {
        MAIL_JOB
    }
    fn max_attempts(&self) -> i64 {
        20
    }
    async fn run(&self, payload: &Value) -> Result<(), JobError> {
        let Some(post) = &self.0 else { return Ok(()) };
        let notice = payload.get("notice").and_then(Value::as_str).unwrap_or_default();
        let person = person_of(payload)?;
        let subject = match payload.get("what").and_then(Value::as_str) {
            Some("escalated") => "Một việc của đơn vị đã quá hạn / A task of your unit is overdue",
            Some("100") => "Một việc đã đến hạn / A task is due",
            Some(what) if what.starts_with("certificate-") => "Một chứng thư sắp hết hạn / A certificate ends soon",
            _ => "Nhắc việc / Reminder",
        };
        let body = "Có một việc đang chờ đồng chí xử lý trên Diên Hồng. Thư này không nêu nội dung hồ sơ; xem tại:\r\n\
             A task waits for you. This letter does not say what it is about; look here:";
        let key = format!("{notice}/{person}");
        post.send(&person, &key, subject, &format!("{body}\r\n{}/notices", post.house)).await
    }
}

/// One letter a day.
struct Digests(Option<Post>);

#[async_trait]
impl Worker for Digests {
    fn kind(&self) -> &'static str {
        DIGEST_JOB
    }
    async fn run(&self, payload: &Value) -> Result<(), JobError> {
        let Some(post) = &self.0 else { return Ok(()) };
        let person = person_of(payload)?;
        let journal = post.directory.journal();
        let now = journal.clock().now();
        if let Some(facts) = post.directory.ctx_facts(&person, now).await? {
            let request = RequestId::mint(journal.clock(), journal.entropy());
            let ctx = Ctx { actor: Actor::Person(facts), strength: Strength::Password, at: now, request };
            let counts = post.cases.inbox_counts(&ctx).await?;
            if counts.open > 0 {
                let many =
                    |n: i64| if n > cases::MOST_COUNTED { format!("{}+", cases::MOST_COUNTED) } else { n.to_string() };
                let (open, overdue, today) = (many(counts.open), many(counts.overdue), many(counts.today));
                let body = format!(
                    "Đang chờ: {open} việc; quá hạn: {overdue}; đến hạn hôm nay: {today}.\r\n\
                     Waiting: {open}; overdue: {overdue}; due today: {today}.\r\n{}/inbox",
                    post.house
                );
                let key = format!("digest/{person}/{}", now.day());
                post.send(&person, &key, "Việc hôm nay / Today's tasks", &body).await?;
            }
        }
        post.cases.next_digest(&person).await.map_err(|problem: Problem| problem.into())
    }
}
