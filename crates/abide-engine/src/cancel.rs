//! How a run is told to end early.

use tokio::sync::watch;

/// How soon a run should end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Urgency {
    /// It goes on.
    None,
    /// No new host is begun; what changes a host now comes to its end.
    Finish,
    /// At once. Hosts that are being changed finish or restore by themselves.
    Leave,
}

/// The side that tells.
#[derive(Debug)]
pub struct Canceller(watch::Sender<Urgency>);

/// The side that is told.
#[derive(Debug, Clone)]
pub struct Cancel(watch::Receiver<Urgency>);

/// A connected pair.
pub fn cancel() -> (Canceller, Cancel) {
    let (sender, receiver) = watch::channel(Urgency::None);
    (Canceller(sender), Cancel(receiver))
}

impl Canceller {
    /// Asks for an end this soon; a lesser urgency than before changes nothing.
    pub fn request_end(&self, urgency: Urgency) {
        self.0.send_if_modified(|now| {
            let more = urgency > *now;
            *now = (*now).max(urgency);
            more
        });
    }
}

impl Cancel {
    /// How soon the run should end.
    pub fn current_urgency(&self) -> Urgency {
        *self.0.borrow()
    }

    /// Waits until an end at least this soon is asked for; for ever if that never happens.
    pub async fn at_least(&self, urgency: Urgency) {
        let mut receiver = self.0.clone();
        if receiver.wait_for(|now| *now >= urgency).await.is_err() {
            // The teller is gone: nobody will ask any more.
            std::future::pending::<()>().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn urgency_only_rises() {
        let (canceller, cancel) = cancel();
        assert_eq!(cancel.current_urgency(), Urgency::None);
        canceller.request_end(Urgency::Leave);
        canceller.request_end(Urgency::Finish);
        assert_eq!(cancel.current_urgency(), Urgency::Leave);
        cancel.at_least(Urgency::Finish).await;
    }
}
