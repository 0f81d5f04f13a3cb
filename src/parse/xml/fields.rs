//! One element to the fields it fills: which attribute or text of it counts, and for whom.

use std::borrow::Cow;

use url::Url;

use super::{
    Reader, attribute,
    frames::{Frame, Owner, PartKind, Place},
    links::{self, against},
    names::{Meaning, What},
    parts,
    says::Says,
    scan::Tag,
    text::Children,
};
use crate::{
    model::{MarkupKind, RawSource},
    parse::{
        dates,
        draft::{Category, Draft, Fields, Link, Person, Text},
        hints::Hints,
        repairs::shown,
    },
};

/// Longer lists than this are nobody's metadata.
pub(super) const MOST: usize = 1000;

/// Added to the rank of what a feed says of itself after its entries.
const LATE: u8 = 10;

/// An element with a meaning, its doubts and its surroundings.
pub(super) struct Field<'a> {
    pub(super) tag: Tag<'a>,
    pub(super) meaning: Meaning,
    pub(super) owner: Owner,
    pub(super) base: Option<Url>,
    /// Where it begins.
    pub(super) at: usize,
}

/// The fields of a feed or entry.
pub(super) fn fields<'d, 'a>(draft: &'d mut Draft<'a>, owner: Owner) -> &'d mut Fields<'a> {
    match owner {
        Owner::Entry(number) if number < draft.entries.len() => &mut draft.entries[number],
        _ => &mut draft.head,
    }
}

impl<'a> Reader<'a, '_> {
    /// An element with a meaning that is neither feed nor entry.
    pub(super) fn element(
        &mut self,
        tag: Tag<'a>,
        meaning: Meaning,
        mut frame: Frame<'a>,
        at: usize,
    ) {
        if self.frames.part().is_some() {
            return self.part_of_part(&tag, meaning, frame);
        }
        let Some((owner, doubt)) = self.frames.owner() else {
            return self.push(frame, &tag);
        };
        // A feed's own elements stand before its entries; later ones may be an entry's whose tag is
        // lost, or another channel's.
        let late = owner == Owner::Feed && (!self.draft.entries.is_empty() || self.channels > 1);
        let doubt = doubt + if late { LATE } else { 0 };
        let field = Field {
            tag,
            meaning: Meaning {
                rank: meaning.rank + doubt,
                ..meaning
            },
            owner,
            base: frame.base.as_ref().or(self.frames.base()).cloned(),
            at,
        };
        if let Some(place) = self.container(&field) {
            frame.place = place;
            return self.push(frame, &tag);
        }
        match meaning.what {
            What::Title | What::Summary | What::Content | What::Rights => {
                self.markup(&field, frame.language);
            }
            _ => self.plain(&field),
        }
        self.frames.undeclare(frame.scope);
    }

    /// What an element is that other elements may stand in; `None` for a leaf.
    fn container(&mut self, field: &Field<'a>) -> Option<Place> {
        let meaning = field.meaning;
        match meaning.what {
            What::Person(role) => Some(parts::part(PartKind::Person, meaning, role)),
            What::Image => {
                let url = ["href", "url", "resource"]
                    .iter()
                    .find_map(|name| self.attr(field, name));
                let Some(url) = url else {
                    return Some(
                        self.if_closed(field, || parts::part(PartKind::Image, meaning, "")),
                    );
                };
                let url = against(field.base.as_ref(), url);
                let image = &mut fields(&mut self.draft, field.owner).image;
                image.offer_first(meaning.rank, meaning.name, url);
                Some(Place::Wrapper)
            }
            What::Source if self.attr(field, "url").is_none() => {
                Some(self.if_closed(field, || parts::part(PartKind::Source, meaning, "")))
            }
            What::Enclosure => {
                self.file(field);
                Some(Place::Wrapper)
            }
            // iTunes nests its categories.
            What::Category if self.attr(field, "text").is_some() => {
                self.listed(field, Cow::Borrowed(""));
                Some(Place::Wrapper)
            }
            What::Wrapper => Some(Place::Wrapper),
            // A feed within an entry is somebody else's, or a tag that strayed there.
            What::Apart | What::Root | What::Feed | What::Entry => {
                Some(self.if_closed(field, || Place::Apart))
            }
            What::Name | What::Email | What::Url => Some(Place::Unknown),
            _ => None,
        }
    }

    /// The place, if the element is closed before its entry is; else what stands in it is its
    /// owner's, whose writer forgot the end tag.
    fn if_closed(&mut self, field: &Field<'a>, place: impl Fn() -> Place) -> Place {
        let name = field.tag.name;
        if field.tag.empty || self.is_closed(name) {
            return place();
        }
        self.repairs
            .at(field.at, format!("<{}> is not closed", shown(name)));
        Place::Wrapper
    }

    /// The value of an attribute that says something.
    pub(super) fn attr(&self, field: &Field<'a>, name: &str) -> Option<Cow<'a, str>> {
        attribute(&field.tag, name, &self.entities).filter(|value| !value.is_empty())
    }

    /// A text that may hold markup.
    fn markup(&mut self, field: &Field<'a>, language: Option<&'a str>) {
        let meaning = field.meaning;
        let elsewhere = self
            .attr(field, "src")
            .filter(|_| meaning.what == What::Content);
        let mime = elsewhere.as_ref().and_then(|_| self.attr(field, "type"));
        let says = Says::of(&field.tag, self.is_atom, meaning.name);
        let (text, has_children) = self.capture(&field.tag, meaning, says.children());
        let text = says.read(text, has_children);
        let fields = fields(&mut self.draft, field.owner);
        if let Some(src) = elsewhere
            && fields.links.len() < MOST
        {
            fields.links.push(Link {
                href: against(field.base.as_ref(), src),
                rel: "content".into(),
                mime,
                ..Link::default()
            });
        }
        if text.text.is_empty() {
            return;
        }
        let (rank, name) = (meaning.rank, meaning.name);
        match meaning.what {
            What::Title => drop(fields.title.offer_first(rank, name, text)),
            What::Rights => fields.rights.offer(rank, name, text),
            What::Content => {
                // Of several versions the one with markup says more.
                let rank = rank * 2 + u8::from(text.kind == MarkupKind::Text);
                fields.content.offer_first(rank, name, text);
            }
            _ => summary(fields, field, text),
        }
        if matches!(meaning.what, What::Summary | What::Content) {
            if let Some(base) = &field.base {
                fields.base.get_or_insert_with(|| base.to_string());
            }
            if let Some(language) = language {
                fields.language.offer(4, "xml:lang", language.into());
            }
        }
    }

    /// A text without markup, or an element that speaks by its attributes.
    fn plain(&mut self, field: &Field<'a>) {
        let (text, _) = self.capture(&field.tag, field.meaning, Children::Dropped);
        match field.meaning.what {
            What::Published | What::Updated => self.date(field, &text),
            What::Link => self.link(field, text),
            What::Id => self.id(field, text),
            What::Credit | What::Category | What::Keywords => self.listed(field, text),
            What::Source => {
                let url = self.attr(field, "url");
                let source = RawSource {
                    title: Some(text.into_owned()).filter(|text| !text.is_empty()),
                    url: url.map(|url| against(field.base.as_ref(), url).into_owned()),
                    is_page: false,
                };
                let (rank, name) = (field.meaning.rank, field.meaning.name);
                let fields = fields(&mut self.draft, field.owner);
                fields.source.offer(rank, name, source);
            }
            What::License | What::Generator => {
                let value = ["resource", "href"]
                    .iter()
                    .find_map(|name| self.attr(field, name))
                    .or(Some(text).filter(|text| !text.is_empty()))
                    .or_else(|| self.attr(field, "uri"));
                if let Some(value) = value {
                    self.single(field, value);
                }
            }
            what if field.owner == Owner::Feed && hint(&mut self.draft.hints, what, &text) => {}
            _ if text.is_empty() => {}
            _ => self.single(field, text),
        }
    }

    /// A field of which there is one.
    fn single(&mut self, field: &Field<'a>, text: Cow<'a, str>) {
        let (rank, name) = (field.meaning.rank, field.meaning.name);
        let fields = fields(&mut self.draft, field.owner);
        match field.meaning.what {
            What::License => {
                let kind = MarkupKind::Text;
                fields.rights.offer(rank, name, Text { text, kind });
            }
            What::Generator => fields.generator.offer(rank, name, text),
            What::Publication => {
                if let Some(sitemap) = &mut self.sitemap {
                    sitemap.published_by(text);
                }
            }
            What::Language => fields.language.offer(rank, name, text),
            What::Comments => {
                let url = against(field.base.as_ref(), text);
                fields.comments.offer(rank, name, url);
            }
            What::Duration => fields.duration = fields.duration.or(links::seconds(&text)),
            What::OriginalLink if fields.links.len() < MOST => fields.links.push(Link {
                href: text,
                rel: links::ORIGINAL.into(),
                ..Link::default()
            }),
            _ => {}
        }
    }

    fn date(&mut self, field: &Field<'a>, text: &str) {
        let (rank, name) = (field.meaning.rank, field.meaning.name);
        let fields = fields(&mut self.draft, field.owner);
        match dates::parse(text) {
            _ if text.is_empty() => {}
            Some(time) if field.meaning.what == What::Published => {
                fields.published.offer(rank, name, time);
            }
            Some(time) => fields.updated.offer(rank, name, time),
            None => self.repairs.at(
                field.at,
                format!(
                    "<{name}> holds no date that can be read: \"{}\"",
                    shown(text)
                ),
            ),
        }
    }

    fn id(&mut self, field: &Field<'a>, text: Cow<'a, str>) {
        if text.is_empty() {
            return;
        }
        let (rank, name) = (field.meaning.rank, field.meaning.name);
        let denied = self
            .attr(field, "ispermalink")
            .is_some_and(|is| is.eq_ignore_ascii_case("false"));
        let fields = fields(&mut self.draft, field.owner);
        if rank == 0 {
            fields.id_is_link = name == "guid" && !denied;
        }
        fields.id.offer(rank, name, text);
    }

    /// A field of which there are several.
    fn listed(&mut self, field: &Field<'a>, text: Cow<'a, str>) {
        let attr = |name: &str| self.attr(field, name);
        match field.meaning.what {
            What::Credit if !text.is_empty() => {
                let role =
                    attr("role").map_or_else(|| "credit".to_owned(), |role| role.to_lowercase());
                let person = Person {
                    name: text,
                    role: role.into(),
                    from: field.meaning.name,
                    ..Person::default()
                };
                let people = &mut fields(&mut self.draft, field.owner).people;
                push(people, person);
            }
            What::Category => {
                let label = attr("label");
                let scheme = attr("scheme").or_else(|| attr("domain"));
                let term = attr("term")
                    .or(Some(text).filter(|text| !text.is_empty()))
                    .or_else(|| attr("text"))
                    .or_else(|| label.clone());
                let categories = &mut fields(&mut self.draft, field.owner).categories;
                if let Some(term) = term {
                    push(
                        categories,
                        Category {
                            term,
                            label,
                            scheme,
                            from: field.meaning.name,
                        },
                    );
                }
            }
            What::Keywords => {
                let categories = &mut fields(&mut self.draft, field.owner).categories;
                let terms = text.split(',').map(str::trim);
                for term in terms.filter(|term| !term.is_empty()) {
                    let term = term.to_owned().into();
                    push(
                        categories,
                        Category {
                            term,
                            from: field.meaning.name,
                            ..Category::default()
                        },
                    );
                }
            }
            _ => {}
        }
    }
}

fn push<T>(list: &mut Vec<T>, item: T) {
    if list.len() < MOST {
        list.push(item);
    }
}

/// True if the element is a hint about polling.
fn hint(hints: &mut Hints, what: What, text: &str) -> bool {
    match what {
        What::Ttl => hints.ttl(text),
        What::UpdatePeriod => hints.period(text),
        What::UpdateFrequency => hints.frequency(text),
        What::Hour => hints.hour(text),
        What::Day => hints.day(text),
        _ => return false,
    }
    true
}

/// Of two descriptions, or of a description and a summary, the second is the full text, unless it is
/// much shorter.
fn summary<'a>(fields: &mut Fields<'a>, field: &Field<'a>, text: Text<'a>) {
    let (rank, name) = (field.meaning.rank, field.meaning.name);
    let is_second = fields.summary.best().is_some_and(|best| best.rank == rank);
    if is_second && rank == 0 && field.owner != Owner::Feed {
        let first = fields.summary.value().map_or(0, |first| first.text.len());
        if first > 2 * text.text.len() {
            let full = std::mem::take(&mut fields.summary);
            fields.summary.offer(rank, name, text);
            if let Some(full) = full.into_best() {
                fields.content.offer_first(99, full.from, full.value);
            }
        } else {
            fields.content.offer_first(99, name, text);
        }
    } else {
        fields.summary.offer_first(rank, name, text);
    }
}
