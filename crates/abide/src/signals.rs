//! Ctrl-C and SIGTERM: the first ends the run in order, the second at once.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

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
    /// Whether hosts are being changed; before that there is nothing to bring to an end.
    changes: Arc<AtomicBool>,
}

const SIGINT: u8 = 2;
const SIGTERM: u8 = 15;

impl Signals {
    /// Begins to listen. Must be called within the runtime.
    pub(crate) fn listen(ui: &Ui) -> io::Result<Self> {
        let interrupt = signal(SignalKind::interrupt())?;
        let terminate = signal(SignalKind::terminate())?;
        let (canceller, cancel) = abide_engine::cancel();
        let signals = Self {
            cancel,
            came: Arc::default(),
            changes: Arc::default(),
        };
        let watched = watch(
            [interrupt, terminate],
            canceller,
            signals.clone(),
            ui.clone(),
        );
        tokio::spawn(watched);
        Ok(signals)
    }

    /// From now on hosts are changed.
    pub(crate) fn changes_begin(&self) {
        self.changes.store(true, Ordering::Relaxed);
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
    signals: Signals,
    ui: Ui,
) {
    for urgency in [Urgency::Finish, Urgency::Leave] {
        let which = tokio::select! {
            _ = interrupt.recv() => SIGINT,
            _ = terminate.recv() => SIGTERM,
        };
        // The first signal names the exit code.
        let _first = signals
            .came
            .compare_exchange(0, which, Ordering::Relaxed, Ordering::Relaxed);
        let words = words(urgency, signals.changes.load(Ordering::Relaxed));
        ui.print_to_stderr(&format!("\n{words}\n"));
        canceller.request_end(urgency);
    }
    std::future::pending::<()>().await;
}

/// What a person is told who pressed Ctrl-C.
fn words(urgency: Urgency, changes: bool) -> &'static str {
    match (urgency, changes) {
        (Urgency::None | Urgency::Finish, false) => "Interrupted: no host was changed.",
        (Urgency::None | Urgency::Finish, true) => {
            "Interrupted: no new host is begun, and what changes a host now comes to its end. Again to leave at once."
        }
        (Urgency::Leave, false) => "Leaving now.",
        (Urgency::Leave, true) => {
            "Leaving now. Hosts that are being changed finish or restore by themselves."
        }
    }
}
