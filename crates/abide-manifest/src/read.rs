//! Reads the schema's types out of a YAML tree, and says in the manifest's words where the tree does not fit.
//!
//! A serde deserializer of our own: it knows keys, places and the spelling of every value, so no message of serde's
//! reaches a person, and [`crate::located::Located`] gets its place in every position. What is asked for decides what
//! is wrong; what it means is decided later.

use serde::de::value::{StrDeserializer, U32Deserializer};
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, IntoDeserializer as _, MapAccess,
    SeqAccess, VariantAccess, Visitor,
};

use crate::located::LOCATED;
use crate::misfit::{Misfit, Wrong};
use crate::node::{ByteRange, MapKey, Node, Shape};
use crate::schema::drop_in;

/// Reads a type of the schema out of a tree. `text` is the number of the text it came from, `source` the text.
pub(crate) fn read<T: DeserializeOwned>(
    node: &Node,
    text: u32,
    source: &str,
) -> Result<T, Box<Misfit>> {
    T::deserialize(ValueReader {
        node,
        key: None,
        text,
        source,
    })
}

/// One value of the tree.
#[derive(Clone, Copy)]
struct ValueReader<'de> {
    node: &'de Node,
    key: Option<&'de MapKey>,
    text: u32,
    source: &'de str,
}

type Error = Box<Misfit>;

impl<'de> ValueReader<'de> {
    fn child_reader(self, key: Option<&'de MapKey>, node: &'de Node) -> Self {
        Self { node, key, ..self }
    }

    /// The bytes of the value as they are written.
    fn written_text(self) -> &'de str {
        let ByteRange { start, end } = self.node.bytes;
        self.source.get(start..end).unwrap_or_default()
    }

    fn unexpected_value(self, wanted: Wrong) -> Error {
        Misfit::unexpected_value(wanted, self.key, self.node, self.written_text())
    }

    /// Gives an error that serde made a place: this value's.
    fn locate_error<T>(self, result: Result<T, Error>) -> Result<T, Error> {
        result.map_err(|misfit| misfit.at_value(self.key, self.node, self.written_text()))
    }

    fn visit_number<V, N>(
        self,
        visitor: V,
        visit: impl FnOnce(V, N) -> Result<V::Value, Error>,
    ) -> Result<V::Value, Error>
    where
        V: Visitor<'de>,
        N: TryFrom<u64>,
    {
        match self.node.shape {
            Shape::Number(Some(number)) => match N::try_from(number) {
                Ok(number) => self.locate_error(visit(visitor, number)),
                Err(_) => Err(self.unexpected_value(Wrong::TooBig)),
            },
            _ => Err(self.unexpected_value(Wrong::Number)),
        }
    }
}

impl<'de> Deserializer<'de> for ValueReader<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.locate_error(match &self.node.shape {
            Shape::Nothing => visitor.visit_unit(),
            Shape::Flag(flag) => visitor.visit_bool(*flag),
            Shape::Number(Some(number)) => visitor.visit_u64(*number),
            // Not one that the manifest knows; its spelling is in the message.
            Shape::Number(None) => visitor.visit_f64(f64::NAN),
            Shape::Text(text) => visitor.visit_borrowed_str(text),
            Shape::List(items) => visitor.visit_seq(Items {
                list: self,
                items: items.iter(),
            }),
            Shape::Map(entries) => visitor.visit_map(Entries::new(self, entries)),
        })
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.node.shape {
            Shape::Flag(flag) => visitor.visit_bool(flag),
            _ => Err(self.unexpected_value(Wrong::Flag)),
        }
    }

    fn deserialize_u16<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.visit_number(visitor, V::visit_u16)
    }

    fn deserialize_u32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.visit_number(visitor, V::visit_u32)
    }

    fn deserialize_u64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.visit_number(visitor, V::visit_u64)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match &self.node.shape {
            Shape::Text(text) => self.locate_error(visitor.visit_borrowed_str(text)),
            _ => Err(self.unexpected_value(Wrong::Text)),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        if name == LOCATED {
            visitor.visit_seq(WithPlace { of: self, next: 0 })
        } else {
            visitor.visit_newtype_struct(self)
        }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match &self.node.shape {
            Shape::List(items) => visitor.visit_seq(Items {
                list: self,
                items: items.iter(),
            }),
            _ => Err(self.unexpected_value(Wrong::List)),
        }
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match &self.node.shape {
            Shape::Map(entries) => visitor.visit_map(Entries::new(self, entries)),
            _ => Err(self.unexpected_value(Wrong::Map)),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        if let (Shape::Text(text), drop_in::NAME) = (&self.node.shape, name) {
            return self.locate_error(visitor.visit_borrowed_str(text));
        }
        let Shape::Map(entries) = &self.node.shape else {
            return Err(self.unexpected_value(Wrong::Keys { of: name, fields }));
        };
        let read = visitor.visit_map(Entries::new(self, entries));
        self.locate_error(read.map_err(|misfit| misfit.in_struct(name)))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        words: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let (name, value) = match &self.node.shape {
            Shape::Text(text) => (text.as_str(), None),
            Shape::Map(entries) => match entries.as_slice() {
                [(key, node)] => (key.name.as_str(), Some(self.child_reader(Some(key), node))),
                _ => return Err(self.unexpected_value(Wrong::OneKey { words })),
            },
            _ => return Err(self.unexpected_value(Wrong::Word { words })),
        };
        self.locate_error(visitor.visit_enum(Variant {
            name,
            value,
            of: self,
            words,
        }))
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }

    serde::forward_to_deserialize_any! {
        i8 i16 i32 i64 i128 u8 u128 f32 f64 char bytes byte_buf unit unit_struct tuple tuple_struct identifier
    }
}

/// The items of a list.
struct Items<'de> {
    list: ValueReader<'de>,
    items: std::slice::Iter<'de, Node>,
}

impl<'de> SeqAccess<'de> for Items<'de> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Error> {
        let Some(node) = self.items.next() else {
            return Ok(None);
        };
        let item = self.list.child_reader(self.list.key, node);
        item.locate_error(seed.deserialize(item)).map(Some)
    }
}

/// The entries of a map.
struct Entries<'de> {
    map: ValueReader<'de>,
    rest: std::slice::Iter<'de, (MapKey, Node)>,
    value: Option<ValueReader<'de>>,
}

impl<'de> Entries<'de> {
    fn new(map: ValueReader<'de>, entries: &'de [(MapKey, Node)]) -> Self {
        Self {
            map,
            rest: entries.iter(),
            value: None,
        }
    }
}

impl<'de> MapAccess<'de> for Entries<'de> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Error> {
        let Some((key, node)) = self.rest.next() else {
            return Ok(None);
        };
        self.value = Some(self.map.child_reader(Some(key), node));
        let name: StrDeserializer<'_, Error> = key.name.as_str().into_deserializer();
        seed.deserialize(name)
            .map_err(|misfit| misfit.at_key(key))
            .map(Some)
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, Error> {
        let value = self.value.take().unwrap_or(self.map);
        value.locate_error(seed.deserialize(value))
    }
}

/// One of several words, or a map with one of several keys.
struct Variant<'de> {
    name: &'de str,
    value: Option<ValueReader<'de>>,
    of: ValueReader<'de>,
    words: &'static [&'static str],
}

impl<'de> EnumAccess<'de> for Variant<'de> {
    type Error = Error;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), Error> {
        let name: StrDeserializer<'_, Error> = self.name.into_deserializer();
        let read = seed.deserialize(name);
        let read = match self.value.and_then(|value| value.key) {
            Some(key) => read.map_err(|misfit| misfit.at_key(key)),
            None => read,
        };
        Ok((read?, self))
    }
}

impl<'de> VariantAccess<'de> for Variant<'de> {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        match self.value {
            None => Ok(()),
            Some(_) => Err(self.of.unexpected_value(Wrong::Word { words: self.words })),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Error> {
        match self.value {
            Some(value) => value.locate_error(seed.deserialize(value)),
            None => Err(self
                .of
                .unexpected_value(Wrong::OneKey { words: self.words })),
        }
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, _: V) -> Result<V::Value, Error> {
        Err(self
            .of
            .unexpected_value(Wrong::OneKey { words: self.words }))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Error> {
        Err(self
            .of
            .unexpected_value(Wrong::OneKey { words: self.words }))
    }
}

/// A value, then its place and that of its key, three numbers each.
struct WithPlace<'de> {
    of: ValueReader<'de>,
    next: usize,
}

impl<'de> SeqAccess<'de> for WithPlace<'de> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Error> {
        let value = self.of.node.bytes;
        let key = self.of.key.map_or(value, |key| key.bytes);
        self.next += 1;
        match self.next {
            1 => seed.deserialize(self.of).map(Some),
            2 => seed.deserialize(self.place_numbers(value)).map(Some),
            3 => seed.deserialize(self.place_numbers(key)).map(Some),
            _ => Ok(None),
        }
    }
}

impl WithPlace<'_> {
    fn place_numbers(&self, bytes: ByteRange) -> Numbers {
        let narrow = |offset| u32::try_from(offset).unwrap_or(u32::MAX);
        Numbers([self.of.text, narrow(bytes.start), narrow(bytes.end)])
    }
}

/// The three numbers of a place.
struct Numbers([u32; 3]);

impl<'de> Deserializer<'de> for Numbers {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let numbers = self.0.into_iter().map(U32Deserializer::<Error>::new);
        visitor.visit_seq(serde::de::value::SeqDeserializer::new(numbers))
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

#[cfg(test)]
mod tests;
