//! What of a thing differs, as data. A renderer decides by it; its word is what files and documents have.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::unit_name::UnitName;

/// An attribute of an account, in the order of their words.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum AccountField {
    /// The GECOS field.
    Comment,
    /// The primary group.
    Group,
    /// The supplementary groups.
    Groups,
    /// The home directory.
    Home,
    /// The login shell.
    Shell,
    /// The numeric id.
    Uid,
}

impl AccountField {
    /// Every attribute.
    pub const ALL: [Self; 6] = [
        Self::Comment,
        Self::Group,
        Self::Groups,
        Self::Home,
        Self::Shell,
        Self::Uid,
    ];

    /// Its word in plans and ledgers.
    pub fn word(self) -> &'static str {
        match self {
            Self::Comment => "comment",
            Self::Group => "group",
            Self::Groups => "groups",
            Self::Home => "home",
            Self::Shell => "shell",
            Self::Uid => "uid",
        }
    }

    /// The attribute of this word.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.word() == word)
    }
}

/// What of a thing differs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", from = "String")]
pub enum Field {
    /// An attribute of an account.
    Account(AccountField),
    /// The state of a unit.
    ActiveState,
    /// The content of a file.
    Content,
    /// Whether a unit is enabled.
    Enabled,
    /// Which unit file a unit was loaded from.
    FragmentPath,
    /// The groups that a user's manager was started with.
    ManagerGroups,
    /// The `[Install]` section of a unit file.
    Install,
    /// What kind of a file stands there.
    Kind,
    /// Whether the ledger has it as abide's.
    Ledger,
    /// Lingering.
    Linger,
    /// The links that enable a unit.
    Links,
    /// Whether a unit is masked.
    Masked,
    /// The permission bits of a file.
    Mode,
    /// The owner of a file.
    Owner,
    /// What the manifest's `restart_on` names.
    RestartOn,
    /// The name of the service that a quadlet makes (`ServiceName=`).
    ServiceName,
    /// Which unit file a unit has.
    UnitFile,
    /// What a target wants.
    Wants,
    /// The state of another unit: of the socket that a service is started by.
    Unit(UnitName),
    /// Another word, as a file of another abide has it.
    Other(String),
}

impl Field {
    /// Those that are one word each.
    pub const WORDS: [(Self, &str); 17] = [
        (Self::ActiveState, "ActiveState"),
        (Self::Content, "content"),
        (Self::Enabled, "enabled"),
        (Self::FragmentPath, "FragmentPath"),
        (Self::ManagerGroups, "groups of its manager"),
        (Self::Install, "[Install]"),
        (Self::Kind, "kind"),
        (Self::Ledger, "ledger"),
        (Self::Linger, "linger"),
        (Self::Links, "links"),
        (Self::Masked, "masked"),
        (Self::Mode, "mode"),
        (Self::Owner, "owner"),
        (Self::RestartOn, "restart_on"),
        (Self::ServiceName, "ServiceName"),
        (Self::UnitFile, "unit file"),
        (Self::Wants, "Wants="),
    ];

    /// Its word in plans and documents.
    pub fn word(&self) -> &str {
        match self {
            Self::Account(field) => field.word(),
            Self::Unit(unit) => unit.as_str(),
            Self::Other(word) => word,
            Self::ActiveState => "ActiveState",
            Self::Content => "content",
            Self::Enabled => "enabled",
            Self::FragmentPath => "FragmentPath",
            Self::ManagerGroups => "groups of its manager",
            Self::Install => "[Install]",
            Self::Kind => "kind",
            Self::Ledger => "ledger",
            Self::Linger => "linger",
            Self::Links => "links",
            Self::Masked => "masked",
            Self::Mode => "mode",
            Self::Owner => "owner",
            Self::RestartOn => "restart_on",
            Self::ServiceName => "ServiceName",
            Self::UnitFile => "unit file",
            Self::Wants => "Wants=",
        }
    }
}

impl From<AccountField> for Field {
    fn from(field: AccountField) -> Self {
        Self::Account(field)
    }
}

impl From<Field> for String {
    fn from(field: Field) -> Self {
        field.word().to_owned()
    }
}

impl From<String> for Field {
    fn from(word: String) -> Self {
        if let Some(field) = AccountField::of_word(&word) {
            return Self::Account(field);
        }
        let known = Self::WORDS.into_iter().find(|(_, known)| *known == word);
        match known {
            Some((field, _)) => field,
            None => UnitName::parse(&word).map_or(Self::Other(word), Self::Unit),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{AccountField, Field};

    #[test]
    fn a_field_is_written_as_its_word_and_read_back() {
        let of_accounts = AccountField::ALL.map(Field::Account);
        let words = Field::WORDS.map(|(field, word)| {
            assert_eq!(field.word(), word);
            field
        });
        let others = ["app.socket", "ExecStart=", ""].map(|word| Field::from(word.to_owned()));
        assert!(matches!(
            others,
            [Field::Unit(_), Field::Other(_), Field::Other(_)]
        ));
        for field in words.into_iter().chain(of_accounts).chain(others) {
            let text = serde_json::to_string(&field).unwrap();
            assert_eq!(text, format!("{:?}", field.word()));
            assert_eq!(serde_json::from_str::<Field>(&text).unwrap(), field);
        }
        for field in AccountField::ALL {
            assert_eq!(
                serde_json::to_string(&field).unwrap(),
                format!("{:?}", field.word())
            );
        }
    }
}
