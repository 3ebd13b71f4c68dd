//! Contents on their way to the host: as readable as they can be, byte for byte.

use super::Secrets;
use abide_model::{Body, Change, Plan};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// One call for each file that will be written.
pub(super) fn file_calls(plan: &Plan, secrets: Secrets) -> String {
    let mut parts = vec!["\n# What will be written.\n".to_owned()];
    for action in &plan.actions {
        if let Change::WriteFile(write) = &action.change {
            parts.push(if write.body.is_secret() && secrets == Secrets::Hidden {
                format!("echo '(secret)' | stage {}\n", action.id)
            } else {
                stage_call(action.id, &write.body)
            });
        }
    }
    parts.concat()
}

fn stage_call(id: abide_model::ActionId, body: &Body) -> String {
    let Some(bytes) = body.bytes() else {
        return "stop_here 'a secret was not resolved'\n".to_owned();
    };
    // A here-document ends with a newline and cannot hold NUL; some shells drop a carriage return.
    match bytes.as_text() {
        Some(text) if text.ends_with('\n') && !text.contains(['\0', '\r']) => {
            let end = heredoc_delimiter(text);
            format!("stage {id} <<'{end}'\n{text}{end}\n")
        }
        _ => format!(
            "stage64 {id} <<'END'\n{}\nEND\n",
            base64_lines(bytes.as_slice())
        ),
    }
}

/// A line that the text does not have.
fn heredoc_delimiter(text: &str) -> String {
    let mut end = "END".to_owned();
    while text.lines().any(|line| line == end) {
        end.push('_');
    }
    end
}

fn base64_lines(bytes: &[u8]) -> String {
    let text = STANDARD.encode(bytes);
    let lines: Vec<&str> = text
        .as_bytes()
        .chunks(76)
        .filter_map(|line| std::str::from_utf8(line).ok())
        .collect();
    lines.join("\n")
}
