//! The exported record: every field's name, type and meaning, said once.
//!
//! JSON Lines and JSON are written from it, and `schema` prints it; formats with columns of their own
//! take [`Row::fields`] and [`Row::values`]. Within a version of the schema fields may be
//! added before `html`; none is renamed, gets another type or goes. Nulls are written and lists are
//! never null, so that a reader's guess from the first rows holds to the end.

use std::{borrow::Cow, fmt};

use serde::{Serialize, Serializer};

use super::value::Value;
use crate::model::{
    Article, ArticleId, Category, Contributor, DateSource, Enclosure, Extraction, FeedId,
    Fingerprint, Removal, StoredArticle, TakenFrom, Time,
};

/// The version of the record. A field that is renamed, retyped or removed is a new one.
pub const SCHEMA_VERSION: u32 = 1;

/// What a field holds.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    /// Any text.
    Text,
    /// 128 bits as 32 hex digits.
    Hex,
    /// A moment in UTC, in whole seconds.
    Time,
    /// A whole number, not negative.
    Integer,
    /// One of these words.
    Word(&'static [&'static str]),
    /// Any number of such values.
    List(&'static Kind),
    /// Several values by name.
    Object(&'static [Field]),
}

/// One field of the record.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field {
    /// Its name in every format.
    pub(super) name: &'static str,
    /// What it holds.
    pub(super) kind: Kind,
    /// It may be missing: null, or an empty cell.
    pub(super) is_nullable: bool,
    /// One sentence.
    pub(super) meaning: &'static str,
}

/// What a field's type is in the record.
pub(super) trait Cell<'a> {
    /// What it holds.
    const KIND: Kind;
    /// It may be missing.
    const IS_NULLABLE: bool = false;
    /// Its value.
    fn value(self) -> Value<'a>;
}

/// Defines a record once: the struct that serde writes, in this order, and the table of its fields.
macro_rules! record {
    (
        $(#[doc = $about:literal])+
        $record:ident {
            $(
                $(#[doc = $meaning:literal])+
                $(#[serde($($serde:tt)+)])?
                $name:ident: $kind:ty,
            )+
        }
    ) => {
        $(#[doc = $about])+
        #[derive(Serialize)]
        pub(super) struct $record<'a> {
            $($(#[doc = $meaning])+ $(#[serde($($serde)+)])? pub(super) $name: $kind,)+
        }

        impl<'a> $record<'a> {
            /// The fields, in their order.
            pub(super) const FIELDS: &'static [Field] = &[$(Field {
                name: stringify!($name),
                kind: <$kind as Cell<'a>>::KIND,
                is_nullable: <$kind as Cell<'a>>::IS_NULLABLE,
                meaning: concat!($($meaning),+),
            }),+];

            /// The values, in the order of the fields.
            pub(super) fn values(self) -> [Value<'a>; <$record<'static>>::FIELDS.len()] {
                [$(self.$name.value()),+]
            }
        }

        impl<'a> Cell<'a> for $record<'a> {
            const KIND: Kind = Kind::Object(Self::FIELDS);
            fn value(self) -> Value<'a> {
                Value::Object(Self::FIELDS, Vec::from(self.values()))
            }
        }
    };
}

record! {
    /// An article as every format exports it.
    Row {
        /// Stable id: a hash of the canonical URL, else of feed and entry.
        id: Hex<ArticleId>,
        /// Number in the store's one change sequence; every insert and edit takes the next.
        seq: i64,
        /// 0 for the first version, then one more for each edit.
        revision: u32,
        /// Ids of the feeds that carried it, oldest sighting first.
        feeds: Feeds<'a>,
        /// The publisher's own id of the entry.
        guid: Option<&'a str>,
        /// The link as the publisher wrote it, made absolute.
        url: Option<&'a str>,
        /// The link without fragment and tracking parameters.
        canonical_url: Option<&'a str>,
        /// The source's name: the feed's name, else the document's title, else its host.
        source: &'a str,
        /// One line; empty if the publisher gave none.
        title: &'a str,
        /// Names, without mail addresses.
        authors: &'a [String],
        /// Who else had a part in it.
        contributors: Contributors<'a>,
        /// When it was published, if that is known; never invented.
        published_at: Option<Moment>,
        /// Where `published_at` comes from.
        published_from: DateSource,
        /// When the publisher last edited it.
        updated_at: Option<Moment>,
        /// When Tidings first stored it.
        first_seen: Moment,
        /// When Tidings stored this version.
        changed_at: Moment,
        /// BCP 47 tag, as declared, else as detected.
        language: Option<&'a str>,
        /// How sure a detected language is, in percent; null where it was declared.
        language_confidence: Option<u8>,
        /// Categories in document order, without repeats.
        tags: &'a [String],
        /// The categories that name their vocabulary.
        categories: Categories<'a>,
        /// Attached files in document order.
        enclosures: Files<'a>,
        /// A picture that stands for the article.
        image: Option<&'a str>,
        /// The page with its comments.
        comments_url: Option<&'a str>,
        /// Rights or licence, as the entry or else its feed states them.
        rights: Option<&'a str>,
        /// The feed that it was taken over from.
        taken_from: Option<Taken<'a>>,
        /// The feed's teaser, if it differs from the body.
        summary: Option<&'a str>,
        /// Plain text, one paragraph a line; may be empty.
        body: &'a str,
        /// Words in the body.
        words: usize,
        /// Where the body comes from.
        extraction: Extraction,
        /// Over title, authors, link and body: equal for equal content.
        fingerprint: Hex<Fingerprint>,
        /// What it belongs to with its near copies: the id of the first of them, mostly its own.
        cluster_id: Hex<ArticleId>,
        /// The id of the article that it is a near copy of.
        duplicate_of: Option<Hex<ArticleId>>,
        /// The body as HTML that is safe to show; only with `--html`.
        #[serde(skip_serializing_if = "Option::is_none")]
        html: Option<Option<String>>,
    }
}

record! {
    /// Who else had a part in an article.
    ContributorRow {
        /// Name, without mail address.
        name: &'a str,
        /// The part in lower case, such as editor.
        role: &'a str,
    }
}

record! {
    /// A category of a vocabulary.
    CategoryRow {
        /// The term in it.
        term: &'a str,
        /// The vocabulary, usually a URL.
        scheme: &'a str,
    }
}

record! {
    /// An attached file.
    FileRow {
        /// Absolute URL.
        url: &'a str,
        /// MIME type as the feed gives it.
        mime: Option<&'a str>,
        /// Size in bytes as the feed gives it.
        bytes: Option<u64>,
        /// Playing time in seconds as the feed gives it.
        seconds: Option<u32>,
    }
}

record! {
    /// Where an article was taken from.
    Taken {
        /// The feed's title.
        title: Option<&'a str>,
        /// The feed's absolute URL.
        url: Option<&'a str>,
    }
}

impl<'a> Row<'a> {
    /// The record of an article; `html` if it was asked for.
    pub(super) fn new(stored: &'a StoredArticle, html: Option<Option<String>>) -> Self {
        let article: &Article = &stored.article;
        let details = &article.details;
        Self {
            id: Hex(article.id),
            seq: stored.seq,
            revision: stored.revision,
            feeds: Feeds(&stored.feeds),
            guid: article.guid.as_deref(),
            url: article.url.as_deref(),
            canonical_url: article.canonical_url.as_deref(),
            source: &article.source,
            title: &article.title,
            authors: &article.authors,
            contributors: Contributors(&details.contributors),
            published_at: article.published_at.map(Moment),
            published_from: article.published_from,
            updated_at: article.updated_at.map(Moment),
            first_seen: Moment(stored.first_seen),
            changed_at: Moment(stored.changed_at),
            language: article.language.as_deref(),
            language_confidence: details.language_confidence,
            tags: &article.tags,
            categories: Categories(&details.categories),
            enclosures: Files(&article.enclosures),
            image: details.image.as_deref(),
            comments_url: details.comments_url.as_deref(),
            rights: details.rights.as_deref(),
            taken_from: details.taken_from.as_ref().map(Taken::new),
            summary: article.summary.as_deref(),
            body: &article.body,
            words: article.words(),
            extraction: article.extraction,
            fingerprint: Hex(article.fingerprint),
            cluster_id: Hex(stored.cluster),
            duplicate_of: stored.duplicate_of.map(Hex),
            html,
        }
    }

    /// The fields of an export; the last, `html`, is there only if it was asked for.
    pub(super) fn fields(with_html: bool) -> &'static [Field] {
        let all = Self::FIELDS.len();
        &Self::FIELDS[..all - usize::from(!with_html)]
    }
}

/// What incremental exports write in the place of a record whose article is to be dropped.
#[derive(Serialize)]
pub struct Tombstone {
    /// Which article.
    pub(super) id: Hex<ArticleId>,
    /// Number in the change sequence.
    pub(super) seq: i64,
    /// Always true.
    pub(super) deleted: bool,
    /// When it was deleted, or edited so that it does not match any more.
    pub(super) deleted_at: Moment,
    /// `deleted` or `unmatched`.
    pub(super) reason: &'static str,
}

impl Tombstone {
    /// The columns that tables of changes have behind those of the record.
    pub(super) const COLUMNS: [&'static str; 3] = ["deleted", "deleted_at", "reason"];

    pub(super) fn new(id: ArticleId, seq: i64, at: Time, reason: Removal) -> Self {
        Self {
            id: Hex(id),
            seq,
            deleted: true,
            deleted_at: Moment(at),
            reason: reason.as_str(),
        }
    }
}

impl<'a> Taken<'a> {
    fn new(from: &'a TakenFrom) -> Self {
        Self {
            title: from.title.as_deref(),
            url: from.url.as_deref(),
        }
    }
}

/// A value as the hex digits that it displays, without a string in between.
pub(super) struct Hex<T>(pub(super) T);

impl<T: fmt::Display> Serialize for Hex<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'a, T: fmt::Display> Cell<'a> for Hex<T> {
    const KIND: Kind = Kind::Hex;
    fn value(self) -> Value<'a> {
        Value::Text(Cow::Owned(self.0.to_string()))
    }
}

/// A moment in whole seconds, `2019-11-05T16:55:07Z`, which every tool reads as a time.
#[derive(Clone, Copy)]
pub(super) struct Moment(pub(super) Time);

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.format("%Y-%m-%dT%H:%M:%SZ").fmt(f)
    }
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'a> Cell<'a> for Moment {
    const KIND: Kind = Kind::Time;
    fn value(self) -> Value<'a> {
        Value::Time(self.0)
    }
}

impl<'a> Cell<'a> for &'a str {
    const KIND: Kind = Kind::Text;
    fn value(self) -> Value<'a> {
        Value::Text(Cow::Borrowed(self))
    }
}

impl<'a> Cell<'a> for String {
    const KIND: Kind = Kind::Text;
    fn value(self) -> Value<'a> {
        Value::Text(Cow::Owned(self))
    }
}

impl<'a> Cell<'a> for &'a [String] {
    const KIND: Kind = Kind::List(&Kind::Text);
    fn value(self) -> Value<'a> {
        Value::List(self.iter().map(|text| text.as_str().value()).collect())
    }
}

impl<'a, T: Cell<'a>> Cell<'a> for Option<T> {
    const KIND: Kind = T::KIND;
    const IS_NULLABLE: bool = true;
    fn value(self) -> Value<'a> {
        self.map_or(Value::Null, T::value)
    }
}

macro_rules! integers {
    ($($kind:ty),+) => {$(
        impl<'a> Cell<'a> for $kind {
            const KIND: Kind = Kind::Integer;
            fn value(self) -> Value<'a> {
                // None is negative.
                Value::Integer(u64::try_from(self).unwrap_or_default())
            }
        }
    )+};
}
integers!(i64, u64, u32, u8, usize);

macro_rules! words {
    ($($kind:ty),+) => {$(
        impl<'a> Cell<'a> for $kind {
            const KIND: Kind = Kind::Word(<$kind>::NAMES);
            fn value(self) -> Value<'a> {
                Value::Text(Cow::Borrowed(self.as_str()))
            }
        }
    )+};
}
words!(DateSource, Extraction);

/// A list of the model's values, each written as a row of its own with all its keys.
macro_rules! lists {
    ($($list:ident of $item:ty as $kind:expr => $row:expr;)+) => {$(
        /// A list; see its field.
        pub(super) struct $list<'a>(pub(super) &'a [$item]);

        impl Serialize for $list<'_> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_seq(self.0.iter().map($row))
            }
        }

        impl<'a> Cell<'a> for $list<'a> {
            const KIND: Kind = Kind::List(&$kind);
            fn value(self) -> Value<'a> {
                Value::List(self.0.iter().map($row).map(Cell::value).collect())
            }
        }
    )+};
}
lists! {
    Feeds of FeedId as Kind::Text => FeedId::as_str;
    Contributors of Contributor as Kind::Object(ContributorRow::FIELDS) => |one| ContributorRow {
        name: &one.name,
        role: &one.role,
    };
    Categories of Category as Kind::Object(CategoryRow::FIELDS) => |one| CategoryRow {
        term: &one.term,
        scheme: &one.scheme,
    };
    Files of Enclosure as Kind::Object(FileRow::FIELDS) => |file| FileRow {
        url: &file.url,
        mime: file.mime.as_deref(),
        bytes: file.bytes,
        seconds: file.seconds,
    };
}
