//! Who holds the lock of which host, and which hosts are suspended: the answer of `abide lock ls`.

use crate::LockLine;
use crate::layout::Page;
use crate::options::TextOptions;
use crate::paint::Role;
use crate::text::outcome;
use crate::words::{count, duration_from_secs, one_line};

/// A line a lock and a line a suspension.
pub(super) fn render(hosts: &[LockLine<'_>], options: &TextOptions) -> String {
    let mut page = Page::new(options);
    let mut held = 0_usize;
    for host in hosts {
        let now = host.now;
        if let Some(holder) = host.lock {
            held = held.saturating_add(1);
            let plan = match one_line(&holder.plan).as_str() {
                "" => String::new(),
                plan => format!(" of {plan}"),
            };
            let url = match one_line(&holder.url).as_str() {
                "" => String::new(),
                url => format!("  {url}"),
            };
            page.line(&format!(
                "{}  {}{plan} by {}, for {}, id {}{url}",
                Role::Head.paint_text(host.host),
                one_line(&holder.operation),
                one_line(&holder.who),
                duration_from_secs(now.secs_since(holder.since)),
                one_line(&holder.id),
            ));
        }
        if let Some(holder) = host.stale {
            page.line(&format!(
                "{}  nobody holds the lock; {} of {} was killed, {} ago (id {})",
                Role::Head.paint_text(host.host),
                one_line(&holder.operation),
                one_line(&holder.who),
                duration_from_secs(now.secs_since(holder.since)),
                one_line(&holder.id),
            ));
        }
        if let Some(suspension) = host.suspended {
            let text = outcome::suspension_clause(suspension, Some(now));
            let text = if suspension.until > now {
                text
            } else {
                format!("suspension expired; it was {text}")
            };
            page.line(&format!("{}  {text}", Role::Head.paint_text(host.host)));
        }
        if let Some(why) = host.unseen {
            page.line(&format!(
                "{}  not observed: {}",
                Role::Head.paint_text(host.host),
                one_line(&why.to_string())
            ));
        }
    }
    if held == 0 {
        page.line(&no_lock_sentence(hosts));
    }
    page.finish()
}

/// That nobody holds a lock, as far as that is known.
fn no_lock_sentence(hosts: &[LockLine<'_>]) -> String {
    let unseen = hosts.iter().filter(|host| host.unseen.is_some()).count();
    match hosts.len().saturating_sub(unseen) {
        _ if unseen == 0 => "Nobody holds a lock.".to_owned(),
        0 => "Nothing is known.".to_owned(),
        seen => format!(
            "Nobody holds a lock on the {} that answered.",
            count(seen, "host")
        ),
    }
}
