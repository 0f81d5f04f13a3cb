//! Elements made of parts: persons, images, sources. They are collected in their frame while they are
//! open, and given to their feed or entry when they close.

use super::{
    Reader, attribute,
    fields::{MOST, fields},
    frames::{Frame, Owner, Part, PartKind, Place},
    links::against,
    names::{Meaning, What},
    scan::Tag,
    text::Children,
};
use crate::{
    model::RawSource,
    parse::{draft::Person, repairs::shown},
};

impl<'a> Reader<'a, '_> {
    /// Closes a person, image or source that cannot hold what begins now.
    pub(super) fn leave_part(&mut self, meaning: Option<Meaning>, name: &str, at: usize) {
        let (Some(meaning), Some(kind)) = (meaning, self.frames.part().map(|part| part.kind))
        else {
            return;
        };
        let holds = match kind {
            PartKind::Person => matches!(meaning.what, What::Name | What::Email | What::Url),
            PartKind::Image => matches!(
                meaning.what,
                What::Url | What::Title | What::Link | What::Summary
            ),
            // Atom's source has whatever a feed has.
            PartKind::Source => meaning.what != What::Entry,
        };
        let open = self.frames.part_name();
        let goes_on = meaning.what != What::Entry && self.is_closed(open);
        if name != open && (holds || goes_on) {
            return;
        }
        self.repairs.at(
            at,
            format!("<{}> is not closed", shown(self.frames.part_name())),
        );
        while self.frames.part().is_some() {
            self.close_top();
        }
    }

    /// Closes the innermost element; what it collected goes to its owner.
    pub(super) fn close_top(&mut self) {
        let Some(frame) = self.frames.pop() else {
            return;
        };
        if let Place::Part(part) = frame.place
            && let Some((owner, doubt)) = self.frames.owner()
        {
            self.give(part, owner, doubt);
        }
    }

    fn give(&mut self, part: Part, owner: Owner, doubt: u8) {
        let text = part.text.trim().to_owned();
        let trimmed = |text: Option<String>| {
            text.map(|text| text.trim().to_owned())
                .filter(|text| !text.is_empty())
        };
        let (name, email, url) = (trimmed(part.name), trimmed(part.email), trimmed(part.url));
        let fields = fields(&mut self.draft, owner);
        match part.kind {
            PartKind::Person => {
                let person = Person {
                    name: name.unwrap_or(text).into(),
                    email: email.map(Into::into),
                    url: url.map(Into::into),
                    role: part.role.into(),
                    from: part.from,
                    rank: part.rank + doubt,
                };
                if !person.is_empty() && fields.people.len() < MOST {
                    fields.people.push(person);
                }
            }
            PartKind::Image => {
                let url = url.unwrap_or(text);
                if !url.is_empty() {
                    fields
                        .image
                        .offer_first(part.rank + doubt, part.from, url.into());
                }
            }
            PartKind::Source => {
                let is_page = part.is_page;
                let title = name.or(Some(text).filter(|text| !text.is_empty()));
                if title.is_some() || url.is_some() {
                    fields.source.offer(
                        doubt,
                        part.from,
                        RawSource {
                            title,
                            url,
                            is_page,
                        },
                    );
                }
            }
        }
    }

    pub(super) fn part_of_part(&mut self, tag: &Tag<'a>, meaning: Meaning, mut frame: Frame<'a>) {
        let base = frame.base.as_ref().or(self.frames.base()).cloned();
        let kind = self.frames.part().map(|part| part.kind);
        let wanted = match (kind, meaning.what) {
            (Some(PartKind::Source), What::Title | What::Link | What::Id) => true,
            (Some(PartKind::Source), _) => false,
            (_, What::Name | What::Email | What::Url) => true,
            _ => false,
        };
        if !wanted {
            frame.place = Place::Apart;
            return self.push(frame, tag);
        }
        let href = attribute(tag, "href", &self.entities);
        let rel = attribute(tag, "rel", &self.entities);
        let is_page = meaning.what == What::Link
            && rel.is_none_or(|rel| rel.eq_ignore_ascii_case("alternate"));
        let (text, _) = self.capture(tag, meaning, Children::Dropped);
        let value = href.unwrap_or(text);
        self.frames.undeclare(frame.scope);
        let value = match meaning.what {
            What::Link | What::Url => against(base.as_ref(), value),
            _ => value,
        };
        let Some(part) = self.frames.part().filter(|_| !value.is_empty()) else {
            return;
        };
        // A source's page is its best address; then its own, then an id that is one.
        if kind == Some(PartKind::Source) && is_page && !part.is_page {
            part.is_page = true;
            part.url = None;
        }
        let slot = match meaning.what {
            What::Name | What::Title => &mut part.name,
            What::Email => &mut part.email,
            What::Id if !value.starts_with("http") => return,
            _ => &mut part.url,
        };
        slot.get_or_insert_with(|| value.into_owned());
    }
}

pub(super) fn part(kind: PartKind, meaning: Meaning, role: &'static str) -> Place {
    Place::Part(Part {
        kind,
        from: meaning.name,
        rank: meaning.rank,
        role,
        ..Part::default()
    })
}
