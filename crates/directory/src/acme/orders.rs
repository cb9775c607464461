//! Orders: names that are asked for, and the certificate that comes of it.

use super::{Account, Acme, Kind, Refusal};
use crate::{
    acts::{self, AcmeOrderFilled, AcmeOrderPlaced, OrderedName as NewName},
    devices::{Device, dns_name},
    keys::cut,
    model::Basis,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use journal::{Change, Expected, Row};
use kernel::{ActBody, ActDraft, Problem, Timestamp};
use pki::{GeneralName, PublicKey, Subject, oid, request::CertificationRequest};
use std::collections::BTreeSet;

/// How long an order can be filled, in seconds.
const ORDER_SECONDS: i64 = 86_400;
/// Most orders of one device in a day.
const ORDERS_A_DAY: i64 = 50;
/// Most orders in a list.
const MOST_LISTED: i64 = 100;

/// How far an order is (RFC 8555, 7.1.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrderState {
    /// Names are to be proven.
    Pending,
    /// All names are proven.
    Ready,
    /// The certificate is there.
    Valid,
    /// A name was refused, or it came too late.
    Invalid,
}

/// An order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// Its id.
    pub id: String,
    /// How far it is.
    pub state: OrderState,
    /// Until when it can be filled.
    pub until: Timestamp,
    /// Its names, in order.
    pub names: Vec<OrderedName>,
    /// The serial number of its certificate.
    pub certificate: Option<String>,
    pub(super) version: i64,
}

/// A name of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderedName {
    /// The DNS name.
    pub name: String,
    /// The word of its challenge.
    pub token: String,
    /// When it was proven.
    pub proven: Option<Timestamp>,
    /// Why it was refused: kind of error and words.
    pub refused: Option<(String, String)>,
}

impl Order {
    pub(super) fn act<B: ActBody>(&self, device: &Device, body: &B) -> Change {
        let draft = ActDraft::new(acts::device_resource(&device.id, &device.body), body);
        Change::new().on(acts::order_stream(&self.id), Expected::At(self.version)).act(draft)
    }
}

impl Acme {
    /// Places an order for names of the admission.
    ///
    /// # Errors
    /// [`Kind::RejectedIdentifier`] for a name that is not of the admission; [`Kind::Malformed`] for none;
    /// [`Kind::RateLimited`].
    pub async fn place(&self, account: &Account, names: &[String]) -> Result<Order, Refusal> {
        let device = &account.device;
        let mut wanted: Vec<String> = Vec::new();
        for text in names {
            let admitted = dns_name(text).filter(|name| device.names.contains(name));
            match admitted {
                Some(name) if wanted.contains(&name) => {}
                Some(name) => wanted.push(name),
                None => {
                    let text: String = text.chars().take(80).collect();
                    let why = format!("{text:?} is not among the names for which this device was admitted");
                    return Err(Refusal::new(Kind::RejectedIdentifier, why));
                }
            }
        }
        if wanted.is_empty() {
            return Err(Refusal::new(Kind::Malformed, "an order names at least one name"));
        }
        let now = self.keys.clock.now();
        let sql = "SELECT COUNT(*) AS placed FROM acme_order WHERE device = $1 AND placed > $2";
        let since = now.plus_seconds(-86_400);
        let row = self.keys.directory.journal().reader().row(sql, &[device.id.as_str().into(), since.into()]).await?;
        if row.map_or(Ok(0), |row| row.int("placed"))? >= ORDERS_A_DAY {
            let why = format!("this device has placed {ORDERS_A_DAY} orders within a day: ask again tomorrow");
            return Err(Refusal::new(Kind::RateLimited, why));
        }
        let id = kernel::id::mint("order", &*self.keys.clock, &*self.keys.entropy);
        let token = |name| {
            let mut random = [0; 32];
            self.keys.entropy.fill(&mut random);
            NewName { name, token: URL_SAFE_NO_PAD.encode(random) }
        };
        let placed = AcmeOrderPlaced {
            order: id.clone(),
            device: device.id.clone(),
            names: wanted.into_iter().map(token).collect(),
            until: now.plus_seconds(ORDER_SECONDS).min(device.until),
        };
        let draft = ActDraft::new(acts::device_resource(&device.id, &device.body), &placed);
        let change = Change::new().on(acts::order_stream(&id), Expected::New).act(draft);
        self.keys.directory.journal().commit(&self.keys.program()?, change).await?;
        self.order(account, &id).await
    }

    /// An order of the account.
    ///
    /// # Errors
    /// [`Kind::NotFound`], also for an order of others.
    pub async fn order(&self, account: &Account, id: &str) -> Result<Order, Refusal> {
        let reader = self.keys.directory.journal().reader();
        let sql = "SELECT * FROM acme_order WHERE id = $1 AND device = $2";
        let row = reader.row(sql, &[id.into(), account.device.id.as_str().into()]).await?;
        let row = row.ok_or_else(|| Problem::not_found("order", id))?;
        let sql = "SELECT * FROM acme_name WHERE order_id = $1 ORDER BY place";
        let names: Result<Vec<OrderedName>, Problem> =
            self.keys.directory.rows(sql, &[id.into()]).await?.iter().map(name).collect();
        let (names, until) = (names?, row.time("until")?);
        let certificate = row.opt_text("certificate")?.map(str::to_owned);
        let over = row.opt_time("refused")?.is_some() || self.keys.clock.now() >= until;
        let state = match () {
            () if certificate.is_some() => OrderState::Valid,
            () if over => OrderState::Invalid,
            () if names.iter().all(|n| n.proven.is_some()) => OrderState::Ready,
            () => OrderState::Pending,
        };
        Ok(Order { id: id.to_owned(), state, until, names, certificate, version: row.int("version")? })
    }

    /// The ids of the account's newest orders.
    ///
    /// # Errors
    /// Storage.
    pub async fn orders(&self, account: &Account) -> Result<Vec<String>, Refusal> {
        let sql = "SELECT id FROM acme_order WHERE device = $1 ORDER BY placed DESC, id LIMIT $2";
        let rows = self.keys.directory.rows(sql, &[account.device.id.as_str().into(), MOST_LISTED.into()]).await?;
        Ok(rows.iter().map(|row| row.text("id").map(str::to_owned)).collect::<Result<_, _>>()?)
    }

    /// Fills an order: issues the certificate for the key of a request (PKCS #10). An order that is filled stays as it is.
    ///
    /// # Errors
    /// [`Kind::OrderNotReady`]; [`Kind::BadCsr`] for a request that does not fit the order.
    pub async fn fill(&self, account: &Account, id: &str, csr: &[u8]) -> Result<Order, Refusal> {
        let order = self.order(account, id).await?;
        match order.state {
            OrderState::Valid => return Ok(order),
            OrderState::Ready => {}
            OrderState::Pending | OrderState::Invalid => {
                let why = "the order is not ready: each of its names is to be proven first, in time";
                return Err(Refusal::new(Kind::OrderNotReady, why));
            }
        }
        let request = fitting(csr, &order, account)?;
        let device = &account.device;
        let body = self.keys.directory.body(&device.body).await?;
        let runs = body.map_or_else(|| device.body.to_string(), |body| body.name);
        // The common name is one of the names: clients take it for one (and certbot for ASCII); a longer one is left out.
        let common = order.names.first().map(|n| n.name.as_str()).filter(|name| name.len() <= 64).unwrap_or_default();
        let subject = Subject::service(common, cut(&runs)).with(oid::SERIAL_NUMBER, &device.id);
        let names: Vec<GeneralName> = order.names.iter().map(|n| GeneralName::Dns(n.name.clone())).collect();
        let house = self.keys.house().await?;
        let (now, spki) = (self.keys.clock.now(), &request.public_key_info);
        let (from, entropy) = (now.plus_seconds(-60), &*self.keys.entropy);
        let certificate = house.issuing.issue_for(device.profile, &subject, &names, spki, from, device.until, entropy);
        let certificate = certificate.map_err(Problem::fault)?;
        let filled = AcmeOrderFilled { order: order.id.clone(), serial: certificate.serial_hex() };
        let change = order.act(device, &filled);
        let basis = Basis::cited(&device.basis);
        // The admission must still stand as it was read: an end that comes at this moment wins.
        let change = change.on(acts::device_stream(&device.id), Expected::At(device.version));
        let change = self.keys.issued(change, &device.holder(), &certificate, None, &basis, None);
        self.keys.directory.journal().commit(&self.keys.program()?, change).await?;
        self.order(account, id).await
    }

    /// A certificate of the account with the one above it, as PEM.
    ///
    /// # Errors
    /// [`Kind::NotFound`], also for a certificate of others.
    pub async fn chain(&self, account: &Account, serial: &str) -> Result<String, Refusal> {
        let stored = self.keys.certificate(serial).await?.filter(|c| c.holder == account.device.holder().code());
        let stored = stored.ok_or_else(|| Problem::not_found("certificate", serial))?;
        Ok(stored.certificate.to_pem() + &self.keys.issuer().await?.to_pem())
    }
}

/// The request, when it is for exactly the names of the order and by a key that may be certified.
fn fitting(csr: &[u8], order: &Order, account: &Account) -> Result<CertificationRequest, Refusal> {
    let wrong = |why: String| Refusal::new(Kind::BadCsr, why);
    let request = CertificationRequest::parse(csr).map_err(|error| wrong(error.to_string()))?;
    let key = PublicKey::parse(&request.public_key_info).map_err(|error| wrong(error.to_string()))?;
    match &key {
        PublicKey::Rsa { bits, .. } if (2048..=4096).contains(bits) => {}
        PublicKey::Ec { curve, .. } if [oid::P256, oid::P384].contains(curve) => {}
        other => {
            return Err(wrong(format!("a key of {}: use P-256, P-384 or RSA of 2048 to 4096 bits", other.describe())));
        }
    }
    if key == *account.key.public() {
        return Err(wrong("the key of the account is not certified: make another".into()));
    }
    let mut asked = BTreeSet::new();
    for name in &request.names {
        match name {
            GeneralName::Dns(name) => asked.insert(dns_name(name).unwrap_or_default()),
            _ => return Err(wrong("it asks for an alternative name that is no DNS name".into())),
        };
    }
    let ordered: BTreeSet<String> = order.names.iter().map(|n| n.name.clone()).collect();
    if let Some(common) = request.subject.get(oid::COMMON_NAME) {
        asked.insert(dns_name(common).unwrap_or_default());
    }
    if asked != ordered {
        return Err(wrong("it does not ask for the names of the order, all of them and no others".into()));
    }
    Ok(request)
}

fn name(row: &Row) -> Result<OrderedName, Problem> {
    let refused = match row.opt_text("refused_kind")? {
        Some(kind) => Some((kind.to_owned(), row.opt_text("refused_why")?.unwrap_or_default().to_owned())),
        None => None,
    };
    Ok(OrderedName {
        name: row.text("name")?.to_owned(),
        token: row.text("token")?.to_owned(),
        proven: row.opt_time("proven")?,
        refused,
    })
}
