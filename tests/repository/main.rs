//! The repository stands by itself: what code and documents refer to is in it.

mod citations;
mod files;
