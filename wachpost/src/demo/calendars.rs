//! Filling the calendars and address books of Musterstadt: rooms first, then what is shared, then meetings that are really
//! arranged, with the answers of those who were invited.

use std::collections::BTreeMap;

use admin::{
    CollectionName, CollectionRequest, ExportedObjects, IMPORT_OBJECTS_MAX, ImportedObject,
    ObjectOutcome, ObjectRequest, Octets, Progress, Reply, Request, ResourceRequest,
};
use itip::{Addresses, Answer};
use model::{CollectionKind, CollectionRights};

use super::cards::{self, SUPPLIERS};
use super::days::Days;
use super::entries::{self, DEPUTY, EQUIPMENT, REPLIES, ROOMS, TEAM_CALENDAR};
use super::people::{DOMAIN, SHARED, SHARED_WITH};
use super::{Maker, at_home};
use crate::problem::Problem;

impl Maker {
    /// Rooms, calendars, address books, and all that is in them.
    pub(super) fn add_calendars(&mut self) -> Result<(), Problem> {
        self.add_rooms()?;
        self.add_shared_ones()?;
        let days = Days::new(self.now);
        let meetings = entries::meetings(days);
        for meeting in &meetings {
            let object = object(&meeting.uid, "ics", &meeting.text);
            self.put(calendar(meeting.local, meeting.calendar), object)?;
        }
        for reply in &REPLIES {
            self.answer(reply)?;
        }
        let mut by_place: BTreeMap<(&str, &str), Vec<ImportedObject>> = BTreeMap::new();
        for entry in entries::private(days) {
            let objects = by_place.entry((entry.local, entry.calendar)).or_default();
            objects.push(object(&entry.uid, "ics", &entry.text));
        }
        for ((local, name), objects) in by_place {
            self.import_objects(&calendar(local, name), objects)?;
        }
        for card in cards::all() {
            let place = address_book(card.local, card.address_book);
            let name = card.uid.split('@').next().unwrap_or_default();
            self.import_objects(&place, vec![object(name, "vcf", &card.text)])?;
        }
        Ok(())
    }

    fn add_rooms(&mut self) -> Result<(), Problem> {
        for (local, name, capacity) in ROOMS {
            let room = ResourceRequest::AddRoom {
                address: at_home(local),
                name: Some(name.to_owned()),
                capacity: Some(capacity),
            };
            self.reach.ask(Request::Resource(room))?;
        }
        for (local, name) in EQUIPMENT {
            let equipment = ResourceRequest::AddEquipment {
                address: at_home(local),
                name: Some(name.to_owned()),
            };
            self.reach.ask(Request::Resource(equipment))?;
        }
        Ok(())
    }

    fn add_shared_ones(&mut self) -> Result<(), Problem> {
        let (shared, _) = SHARED;
        let everybody = None;
        let team = calendar(shared, TEAM_CALENDAR.0);
        self.create(&team, TEAM_CALENDAR.1, "#0b7a75")?;
        self.share(&team, Some(SHARED_WITH), CollectionRights::WRITER)?;
        self.share(&team, everybody, CollectionRights::READER)?;
        let suppliers = address_book(shared, SUPPLIERS.0);
        self.create(&suppliers, SUPPLIERS.1, "#7a4b0b")?;
        self.share(&suppliers, Some(SHARED_WITH), CollectionRights::WRITER)?;
        self.share(&suppliers, everybody, CollectionRights::READER)?;
        let birthdays = calendar("anna.amsel", "geburtstage");
        self.create(&birthdays, "Geburtstage", "#b03060")?;
        let (owner, deputy) = DEPUTY;
        let deputy = CollectionRequest::SetDeputy {
            address: at_home(owner),
            deputy: at_home(deputy),
            rights: CollectionRights::WRITER,
        };
        self.reach.ask(Request::Collection(deputy)).map(drop)
    }

    fn create(
        &mut self,
        collection: &CollectionName,
        display_name: &str,
        color: &str,
    ) -> Result<(), Problem> {
        let create = CollectionRequest::Create {
            collection: collection.clone(),
            display_name: Some(display_name.to_owned()),
            color: Some(color.to_owned()),
        };
        self.reach.ask(Request::Collection(create)).map(drop)
    }

    fn share(
        &mut self,
        collection: &CollectionName,
        with: Option<&str>,
        rights: CollectionRights,
    ) -> Result<(), Problem> {
        let share = CollectionRequest::Share {
            collection: collection.clone(),
            with: with.map(at_home),
            rights,
        };
        self.reach.ask(Request::Collection(share)).map(drop)
    }

    /// As its owner would: who takes part is invited, and hears of changes.
    fn put(&mut self, collection: CollectionName, object: ImportedObject) -> Result<(), Problem> {
        let put = ObjectRequest::Put { collection, object };
        self.reach.ask(Request::Object(put))?;
        self.count_objects(1);
        Ok(())
    }

    /// Lets somebody answer the invitation that lies in their calendar.
    fn answer(&mut self, reply: &entries::Reply) -> Result<(), Problem> {
        let place = calendar(reply.local, "calendar");
        let uid = entries::uid(reply.uid);
        let Some(invitation) = self.find(&place, &uid)? else {
            return Err(Problem::failed(format!(
                "`{}` has no invitation `{uid}` to answer",
                place.address
            )));
        };
        let who = Addresses::new([place.address.as_str()]);
        let answer = Answer {
            part_stat: reply.answer,
            comment: reply.comment,
            instance: None,
        };
        let replied = itip::reply(&invitation.body.0, &who, answer, self.now.seconds());
        let replied = replied.map_err(|fault| {
            Problem::failed(format!("cannot answer invitation `{uid}`: {fault}"))
        })?;
        let object = ImportedObject {
            name: invitation.name,
            body: Octets(replied.text.into_bytes()),
        };
        self.put(place, object)
    }

    /// The object with this UID.
    fn find(
        &mut self,
        place: &CollectionName,
        uid: &str,
    ) -> Result<Option<ImportedObject>, Problem> {
        let list = CollectionRequest::List {
            address: place.address.clone(),
            kind: place.kind,
        };
        let Reply::Collections(collections) = self.reach.ask(Request::Collection(list))? else {
            return Ok(None);
        };
        let found = collections.iter().find(|line| line.name == place.name);
        let (Some(collection), mut after) = (found.map(|line| line.id), None) else {
            return Ok(None);
        };
        let line = format!("UID:{uid}");
        loop {
            let export = ObjectRequest::Export {
                address: place.address.clone(),
                collection,
                after,
            };
            let reply = self.reach.ask(Request::Object(export))?;
            let Reply::ObjectsExported(ExportedObjects { objects, next }) = reply else {
                return Ok(None);
            };
            for object in objects {
                let text = String::from_utf8_lossy(&object.body.0);
                if text.lines().any(|known| known == line) {
                    return Ok(Some(ImportedObject {
                        name: object.name,
                        body: object.body,
                    }));
                }
            }
            match next {
                Some(next) => after = Some(next),
                None => return Ok(None),
            }
        }
    }

    fn import_objects(
        &mut self,
        collection: &CollectionName,
        mut objects: Vec<ImportedObject>,
    ) -> Result<(), Problem> {
        while !objects.is_empty() {
            let rest = objects.split_off(objects.len().min(IMPORT_OBJECTS_MAX));
            let objects = std::mem::replace(&mut objects, rest);
            self.count_objects(objects.len() as u64);
            let import = ObjectRequest::Import {
                collection: collection.clone(),
                objects,
                replace: false,
            };
            let Reply::ObjectsImported(outcomes) = self.reach.ask(Request::Object(import))? else {
                continue;
            };
            for outcome in outcomes {
                if let ObjectOutcome::Refused(why) = outcome {
                    return Err(Problem::failed(format!(
                        "`{}` of `{}` does not take what is made up for it: {why}",
                        collection.name, collection.address
                    )));
                }
            }
        }
        Ok(())
    }

    fn count_objects(&mut self, objects: u64) {
        self.objects += objects;
        self.line.show(&Progress {
            what: "entries in calendars and address books".to_owned(),
            done: self.objects,
            total: 0,
        });
    }
}

fn object(name: &str, extension: &str, text: &str) -> ImportedObject {
    ImportedObject {
        name: format!("{name}.{extension}"),
        body: Octets(text.as_bytes().to_vec()),
    }
}

fn calendar(local: &str, name: &str) -> CollectionName {
    CollectionName {
        address: format!("{local}@{DOMAIN}"),
        kind: CollectionKind::Calendar,
        name: name.to_owned(),
    }
}

fn address_book(local: &str, name: &str) -> CollectionName {
    CollectionName {
        kind: CollectionKind::AddressBook,
        ..calendar(local, name)
    }
}
