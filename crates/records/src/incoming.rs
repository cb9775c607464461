//! Numbers of incoming documents (số đến): a register of the house gives them, gap-free like all its numbers, to what came
//! in from outside and belongs to no case yet.

use crate::{
    Number, Records, Turn,
    registers::{self, stream, written},
};
use journal::{Change, Expected};
use kernel::{ActBody, ActDraft, Ctx, Problem};
use serde::{Deserialize, Serialize};

/// A number was given to an incoming document (`register:<code>`). Frozen once recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IncomingEntered {
    /// The number.
    pub number: Number,
    /// What came in, by its id.
    pub arrival: String,
    /// The sender's name.
    pub sender: String,
    /// The sender's number and notation.
    pub theirs: String,
    /// Its subject.
    pub subject: String,
}

impl ActBody for IncomingEntered {
    const KIND: &'static str = "register.incoming_entered";
}

/// An incoming document to be entered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewIncoming {
    /// What came in, by its id.
    pub arrival: String,
    /// The sender's name.
    pub sender: String,
    /// The sender's number and notation.
    pub theirs: String,
    /// Its subject.
    pub subject: String,
}

/// The act that takes the number, to be committed with those of the arrival.
#[must_use = "planned acts do nothing until they are committed"]
#[derive(Debug, Clone)]
pub struct IncomingPlan {
    /// The number that it gets when the change is recorded: the plain number, without a symbol.
    pub number: Number,
    act: ActDraft,
    version: i64,
}

impl IncomingPlan {
    /// The change with this act behind its own.
    pub fn join(self, change: Change) -> Change {
        change.on(stream(&self.number.register), Expected::At(self.version)).act(self.act)
    }
}

impl Records {
    /// Waits for the turn at a register by its code.
    pub async fn turn_at(&self, code: &str) -> Turn {
        let lock = self.turns.lock().await.entry(code.to_owned()).or_default().clone();
        Turn::new(code.to_owned(), lock.lock_owned().await)
    }

    /// Reckons the next number of a register of incoming documents. Nothing is recorded yet.
    ///
    /// # Errors
    /// [`Problem::NotFound`] when there is no such register; `register-clock-behind`.
    pub async fn plan_incoming(&self, ctx: &Ctx, code: &str, new: NewIncoming) -> Result<IncomingPlan, Problem> {
        let register = self.register(ctx, code).await?;
        let mut number = register.next_number(self.journal.clock().now().day())?;
        // An incoming document has a number alone: the symbol after its own number is the sender's.
        number.text = written(registers::Series::Year, number.number, number.year);
        let NewIncoming { arrival, sender, theirs, subject } = new;
        let body = IncomingEntered { number: number.clone(), arrival, sender, theirs, subject };
        let act = ActDraft::new(register.resource(), &body).graded(register.grade);
        Ok(IncomingPlan { number, act, version: register.version })
    }
}
