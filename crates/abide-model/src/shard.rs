//! Parts of a selection of hosts, so that several machines can share the work.
//!
//! Which shard a host is in depends on nothing but a name and the number of shards: hosts that join or leave move no
//! other host, and any machine, or a line of shell, finds the same.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::name::NameError;

/// A part of a selection: `2/5`, the second of five.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
pub struct Shard {
    /// Which one, from 1.
    pub index: u32,
    /// Of how many.
    pub count: u32,
}

impl Shard {
    /// All the parts of so many.
    pub fn all_of(count: u32) -> impl Iterator<Item = Self> {
        (1..=count).map(move |index| Self { index, count })
    }

    /// The part, of so many, that a name is in: the first 60 bits of the name's SHA-256, as a number, modulo the count.
    /// 60 bits are 15 hexadecimal digits, and fit the signed numbers of a shell:
    /// `echo $((0x$(printf %s NAME | sha256sum | cut -c1-15) % COUNT + 1))`.
    pub fn of_name(name: &str, count: u32) -> Self {
        let place = Digest::of_bytes(name.as_bytes()).leading_bits() % u64::from(count.max(1));
        let index = u32::try_from(place).unwrap_or_default().saturating_add(1);
        Self { index, count }
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index, self.count)
    }
}

impl FromStr for Shard {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = |why: &str| NameError::new(text, "a shard", why);
        let number = |text: &str| -> Option<u32> {
            let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            digits.then(|| text.parse().ok()).flatten()
        };
        let (index, count) = text
            .split_once('/')
            .and_then(|(index, count)| number(index).zip(number(count)))
            .ok_or_else(|| wrong("write which one of how many: 2/5 is the second of five"))?;
        if index == 0 {
            return Err(wrong("the first one is 1"));
        }
        if index > count {
            return Err(wrong("there are only as many as the second number says"));
        }
        Ok(Self { index, count })
    }
}

/// What decides which shard a host is in.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum ShardBy {
    /// Its name.
    #[default]
    Host,
    /// Its groups: hosts that have one in common stay together.
    Group,
}

impl fmt::Display for ShardBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Host => "host",
            Self::Group => "group",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Anybody may compute them: `printf %s web1 | sha256sum` begins with 659a7fb2af476fa.
    #[test]
    fn the_shard_of_a_name_is_what_sha256sum_says() {
        for (name, bits) in [
            ("web1", 0x659_a7fb_2af4_76fa_u64),
            ("db1", 0x82e_6464_8d9a_befe),
            ("h1", 0x331_12ee_14ee_469c),
            ("h2", 0xf99_8fe0_6afa_0cfb),
            ("h3", 0x97f_b5f8_538b_89f6),
        ] {
            for count in [1, 2, 3, 5, 256] {
                let place = bits % u64::from(count) + 1;
                let shard = Shard::of_name(name, count);
                assert_eq!((u64::from(shard.index), shard.count), (place, count));
            }
        }
    }

    #[test]
    fn a_shard_is_one_of_so_many_counted_from_one() {
        let read = |text: &str| text.parse::<Shard>();
        assert_eq!(read("2/5"), Ok(Shard { index: 2, count: 5 }));
        assert_eq!(read("2/5").map(|shard| shard.to_string()), Ok("2/5".into()));
        for wrong in [
            "",
            "2",
            "/",
            "2/",
            "/5",
            "0/5",
            "6/5",
            "1/0",
            "0/0",
            "-1/5",
            "+1/5",
            " 1/5",
            "1/5 ",
            "a/b",
            "1/2/3",
            "1.0/5",
            "1/99999999999",
        ] {
            let error = read(wrong).unwrap_err().to_string();
            assert!(error.contains("is not a shard"), "{wrong}: {error}");
        }
    }

    proptest! {
        #[test]
        fn every_name_is_in_one_shard_wherever_the_others_are(
            name in "[a-z0-9.-]{1,20}",
            count in 1_u32..400,
        ) {
            let shard = Shard::of_name(&name, count);
            let all: Vec<Shard> = Shard::all_of(count).collect();
            prop_assert!(all.contains(&shard));
            prop_assert_eq!(all.len(), count as usize);
            prop_assert_eq!(shard.to_string().parse::<Shard>(), Ok(shard));
        }
    }

    #[test]
    fn shards_of_many_hosts_are_about_even() {
        let mut sizes = [0_u32; 20];
        for number in 0..2000 {
            let shard = Shard::of_name(&format!("web{number}.example.org"), 20);
            sizes[shard.index as usize - 1] += 1;
        }
        assert!(
            sizes.iter().all(|size| (60..=140).contains(size)),
            "{sizes:?}"
        );
    }
}
