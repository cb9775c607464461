//! Proofs: does whoever asks hold the name? (http-01, RFC 8555, 8.3)

use super::{Account, Acme, Order, OrderState, Refusal};
use crate::{
    acts::{AcmeNameProven, AcmeNameRefused},
    devices::MAX_NAMES,
};
use async_trait::async_trait;
use kernel::Problem;
use std::net::IpAddr;

/// Longest answer to a challenge, in bytes: the word, a point, the thumbprint, and some blanks.
const MAX_ANSWER: usize = 1024;

/// Why a device did not answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unreached {
    /// The name does not resolve, or to addresses only at which devices are not asked.
    Dns(String),
    /// It does not answer, or not in time.
    Connection(String),
    /// It answers something else than a file.
    Response(String),
}

/// How devices are asked. Only networks that the office named are reached, whatever a name resolves to; the port is fixed;
/// nothing is followed; time and size are bounded.
#[async_trait]
pub trait Reach: Send + Sync {
    /// What stands at a path of the plain HTTP server of a name, at this address or the one that the name resolves to;
    /// with it, where it was asked.
    async fn fetch(
        &self,
        name: &str,
        address: Option<IpAddr>,
        path: &str,
        most: usize,
    ) -> Result<(Vec<u8>, String), Unreached>;
}

impl Acme {
    /// Asks a device for the proof of one name of an order, and records what came of it. A name that was decided stays as it
    /// is.
    ///
    /// # Errors
    /// [`super::Kind::NotFound`] for a name that the order does not have. A proof that fails is an answer.
    pub async fn prove(&self, account: &Account, id: &str, place: usize) -> Result<Order, Refusal> {
        let order = self.order(account, id).await?;
        let name = order.names.get(place).ok_or_else(|| Problem::not_found("name", place))?;
        if order.state != OrderState::Pending || name.proven.is_some() {
            return Ok(order);
        }
        let _turn = self.turns.acquire().await.map_err(Problem::fault)?;
        let path = format!("/.well-known/acme-challenge/{}", name.token);
        let found = self.reach.fetch(&name.name, account.device.address, &path, MAX_ANSWER).await;
        let expected = format!("{}.{}", name.token, account.key.thumbprint());
        let outcome = match found {
            Ok((answer, at)) if answer.trim_ascii_end() == expected.as_bytes() => Ok(at),
            Ok((_, at)) => {
                Err(("incorrectResponse", format!("{at} does not give the expected answer for {}", name.name)))
            }
            Err(Unreached::Dns(why)) => Err(("dns", why)),
            Err(Unreached::Connection(why)) => Err(("connection", why)),
            Err(Unreached::Response(why)) => Err(("incorrectResponse", why)),
        };
        self.proven(account, order, place, outcome).await
    }

    /// Records what came of a proof. Several names of one order may be proven side by side: who comes second looks again.
    async fn proven(
        &self,
        account: &Account,
        mut order: Order,
        place: usize,
        outcome: Result<String, (&'static str, String)>,
    ) -> Result<Order, Refusal> {
        let at_place = i64::try_from(place).map_err(Problem::fault)?;
        for _ in 0..=MAX_NAMES {
            let id = order.id.clone();
            if order.state != OrderState::Pending || order.names[place].proven.is_some() {
                break;
            }
            let change = match &outcome {
                Ok(at) => order.act(&account.device, &AcmeNameProven { order: id, place: at_place, at: at.clone() }),
                Err((kind, why)) => {
                    let (kind, why) = ((*kind).to_owned(), why.clone());
                    order.act(&account.device, &AcmeNameRefused { order: id, place: at_place, kind, why })
                }
            };
            match self.keys.directory.journal().commit(&self.keys.program()?, change).await {
                Ok(_) => return self.order(account, &order.id).await,
                Err(Problem::Conflict { .. }) => order = self.order(account, &order.id).await?,
                Err(other) => return Err(other.into()),
            }
        }
        Ok(order)
    }
}
