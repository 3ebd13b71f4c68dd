//! The `%` specifiers that a unit's own name decides (systemd.unit(5), "Specifiers").

use abide_model::UnitName;

/// Expands `%i %j %n %N %p %%`. `instance` stands in for the instance that a bare template lacks
/// (`DefaultInstance=`). `None` where another specifier is used: only the host knows its value.
pub fn expand(unit: &UnitName, instance: Option<&str>, text: &str) -> Option<String> {
    let instance = match unit.instance() {
        Some("") => instance.unwrap_or_default(),
        own => own.unwrap_or_default(),
    };
    let stem = match unit.instance() {
        None => unit.without_suffix().to_owned(),
        Some(_) => format!("{}@{instance}", unit.prefix_name()),
    };
    let mut expanded = String::new();
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        if c != '%' {
            expanded.push(c);
            continue;
        }
        match rest.next()? {
            'i' => expanded.push_str(instance),
            'j' => expanded.push_str(unit.prefix_name().rsplit('-').next().unwrap_or_default()),
            'n' => expanded.extend([stem.as_str(), ".", unit.kind().name_suffix()]),
            'N' => expanded.push_str(&stem),
            'p' => expanded.push_str(unit.prefix_name()),
            '%' => expanded.push('%'),
            _ => return None,
        }
    }
    Some(expanded)
}

#[cfg(test)]
mod tests;
