//! How much may come of a manifest. A few hundred kilobytes of YAML can name millions of units or gigabytes of text: hosts
//! times units, a template times its instances, a variable that is filled in again and again.

use crate::codes;
use crate::finding::Mistake;
use crate::text::TextPlace;

/// Longest text with variables filled in, in bytes: as long as any line that systemd reads may be.
pub(crate) const LONGEST_FILLED: usize = 1 << 20;
/// All such texts of a manifest, in bytes.
const MOST_FILLED: usize = 32 << 20;
/// Units, users, files and variables of all hosts that differ, a unit for ten; a line or 16 bytes of a text each time that
/// it is read for one. About 100 000 units with texts of the usual length.
const MOST_EFFORT: usize = 3_000_000;
/// Units, users and files of all hosts, those of hosts that are alike counted for each.
const MOST_RESOURCES: usize = 2_000_000;

/// What is left of it.
#[derive(Debug)]
pub(crate) struct Budget {
    effort: usize,
    filled: usize,
    resources: usize,
    is_spent: bool,
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            effort: MOST_EFFORT,
            filled: MOST_FILLED,
            resources: MOST_RESOURCES,
            is_spent: false,
        }
    }
}

impl Budget {
    /// Takes effort.
    pub(crate) fn spend_effort(
        &mut self,
        effort: usize,
        at: TextPlace,
    ) -> Result<(), Box<Mistake>> {
        let left = self.effort.checked_sub(effort);
        self.effort = left.unwrap_or_default();
        self.is_left(left, || {
            Mistake::new(codes::TOO_MUCH, at, "too much comes of this manifest: hosts times units, instances or texts")
                .with_label("here it was given up")
                .with_help("make manifests of parts of the fleet, or put fewer units and shorter texts in common")
        })
    }

    /// Takes room for a text with its variables filled in.
    pub(crate) fn fill(&mut self, bytes: usize, at: TextPlace) -> Result<(), Box<Mistake>> {
        let left = self.filled.checked_sub(bytes);
        self.filled = left.unwrap_or_default();
        self.is_left(left, || {
            let message = format!(
                "the texts that variables are filled in are longer than {} MiB in all",
                MOST_FILLED >> 20
            );
            Mistake::new(codes::TOO_MUCH, at, message)
                .with_label("with this one")
                .with_help("fill in less, or let units read a file that is the same everywhere")
        })
    }

    /// Takes room for what a host has.
    pub(crate) fn keep(&mut self, resources: usize, at: TextPlace) -> Result<(), Box<Mistake>> {
        let left = self.resources.checked_sub(resources);
        self.resources = left.unwrap_or_default();
        self.is_left(left, || {
            let message =
                format!("the hosts have more than {MOST_RESOURCES} units, users and files in all");
            Mistake::new(codes::TOO_MUCH, at, message)
                .with_label("with this host")
                .with_help("make manifests of parts of the fleet")
        })
    }

    /// Whether anything of it was too much.
    pub(crate) fn is_spent(&self) -> bool {
        self.is_spent
    }

    fn is_left(
        &mut self,
        left: Option<usize>,
        finding: impl FnOnce() -> Mistake,
    ) -> Result<(), Box<Mistake>> {
        if left.is_some() || self.is_spent {
            return Ok(());
        }
        self.is_spent = true;
        Err(Box::new(finding()))
    }
}
