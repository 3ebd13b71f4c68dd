//! Ctrl-C and SIGTERM: the first ends the run in order, the second at once.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use abide_engine::{Cancel, Canceller, Urgency};
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::exit::Exit;
use crate::ui::Ui;

/// What came, if anything did.
#[derive(Debug, Clone)]
pub(crate) struct Signals {
    /// Tells the engine.
    pub(crate) cancel: Cancel,
    came: Arc<AtomicU8>,
}

const SIGINT: u8 = 2;
const SIGTERM: u8 = 15;

impl Signals {
    /// Begins to listen. Must be called within the runtime.
    pub(crate) fn listen(ui: &Ui) -> io::Result<Self> {
        let interrupt = signal(SignalKind::interrupt())?;
        let terminate = signal(SignalKind::terminate())?;
        let (canceller, cancel) = abide_engine::cancel();
        let came = Arc::new(AtomicU8::new(0));
        tokio::spawn(watch(
            [interrupt, terminate],
            canceller,
            Arc::clone(&came),
            ui.clone(),
        ));
        Ok(Self { cancel, came })
    }

    /// The exit code of the signal that came first.
    pub(crate) fn exit(&self) -> Option<Exit> {
        match self.came.load(Ordering::Relaxed) {
            SIGINT => Some(Exit::Interrupted),
            SIGTERM => Some(Exit::Terminated),
            _ => None,
        }
    }
}

async fn watch(
    [mut interrupt, mut terminate]: [Signal; 2],
    canceller: Canceller,
    came: Arc<AtomicU8>,
    ui: Ui,
) {
    for (urgency, words) in [
        (
            Urgency::Finish,
            "Interrupted: no new host is begun, and what changes a host now comes to its end. Again to leave at once.",
        ),
        (
            Urgency::Leave,
            "Leaving now. Hosts that are being changed finish or restore by themselves.",
        ),
    ] {
        let which = tokio::select! {
            _ = interrupt.recv() => SIGINT,
            _ = terminate.recv() => SIGTERM,
        };
        // The first signal names the exit code.
        let _first = came.compare_exchange(0, which, Ordering::Relaxed, Ordering::Relaxed);
        ui.say(&format!("\n{words}\n"));
        canceller.request(urgency);
    }
    std::future::pending::<()>().await;
}
