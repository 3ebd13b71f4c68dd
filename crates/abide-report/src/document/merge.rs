//! Puts the documents of shards together into the document of a run in one piece.

use abide_model::pieces::{MergeError, Piece, put_together};
use abide_model::{Diagnostic, Digest, ManifestName, Report, Selected};

use super::{Command, DocumentRun, ReadDocument};
use crate::moment::Moment;

/// What the documents of all shards come to.
#[derive(Debug, Clone)]
pub struct MergedDocument {
    /// Which command ran.
    pub kind: Command,
    /// The exit codes.
    pub codes: Vec<u8>,
    /// When the first began, and when the last ended.
    pub span: (Moment, Moment),
    /// The directory, where it was the same for all.
    pub directory: Option<String>,
    /// The manifest's name.
    pub manifest: ManifestName,
    /// Its digest, and which hosts were selected.
    pub selected: (Digest, Selected),
    /// What is odd in the manifest, each once.
    pub diagnostics: Vec<Diagnostic>,
    /// What came of the hosts.
    pub report: Report,
}

/// What these documents, all the shards of one run, come to; or why they are not that. Each comes with a name to speak of
/// it by.
pub fn merge(
    documents: impl IntoIterator<Item = (String, ReadDocument)>,
) -> Result<MergedDocument, MergeError> {
    let pieces: Vec<Piece<ReadDocument>> = documents
        .into_iter()
        .map(piece_from_document)
        .collect::<Result<_, _>>()?;
    let manifest = pieces
        .first()
        .map(|piece| (piece.manifest.clone(), piece.digest));
    let (selection, documents) = put_together(pieces, |one, other| {
        let (one, other) = (one.kind.word(), other.kind.word());
        (one != other).then(|| format!("one is of `abide {one}`, the other of `abide {other}`"))
    })?;
    let (manifest, digest) = manifest.ok_or(MergeError::Nothing)?;
    let first = documents.first().ok_or(MergeError::Nothing)?;
    let mut merged = MergedDocument {
        kind: first.kind,
        codes: Vec::new(),
        span: (first.run.started, first.run.ended),
        directory: first.run.directory.clone(),
        manifest,
        selected: (digest, selection),
        diagnostics: Vec::new(),
        report: Report::default(),
    };
    for document in documents {
        add(&mut merged, document);
    }
    Ok(merged)
}

fn piece_from_document(
    (name, document): (String, ReadDocument),
) -> Result<Piece<ReadDocument>, MergeError> {
    let odd = |why| MergeError::Odd {
        piece: name.clone(),
        why,
    };
    let Some((manifest, (digest, selection))) =
        document.manifest.clone().zip(document.selected.clone())
    else {
        return Err(odd(
            "its run ended before hosts were selected, or it is of an older abide",
        ));
    };
    let hosts = document.report.hosts.keys();
    if selection.shard.is_some() && !hosts.eq(&selection.hosts) {
        return Err(odd(
            "it does not tell what came of every host: its run could not do its work",
        ));
    }
    Ok(Piece {
        name,
        manifest,
        digest,
        selection,
        made: document,
    })
}

fn add(merged: &mut MergedDocument, document: ReadDocument) {
    let DocumentRun {
        started,
        ended,
        directory,
        ..
    } = document.run;
    merged.codes.push(document.code);
    let (began, end) = merged.span;
    merged.span = (began.min(started), end.max(ended));
    if merged.directory != directory {
        merged.directory = None;
    }
    for found in document.diagnostics {
        if !merged.diagnostics.contains(&found) {
            merged.diagnostics.push(found);
        }
    }
    merged.report.hosts.extend(document.report.hosts);
}
