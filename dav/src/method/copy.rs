//! `COPY` (RFC 4918 9.8).

use groupware::{Error, ObjectPlace, Overwrite};

use super::transfer::{self, Transfer};
use crate::answer::{self, Answer};
use crate::asked::Asked;
use crate::codec::Status;
use crate::codec::header::Depth;
use crate::conditions::Reach;
use crate::error::{self, Failure};
use crate::resource::{Kinds, What};

pub(super) async fn run(asked: Asked) -> Result<Answer, Failure> {
    let depth = asked.head.depth()?.unwrap_or(Depth::Infinity);
    let Transfer { source, to, .. } = transfer::read(&asked, Reach::Itself).await?;
    // RFC 4918 9.8.3.
    if source.is_collection() && depth == Depth::One {
        let words = "A collection is copied with `Depth` 0 or infinity.";
        return Err(Failure::new(Status::BAD_REQUEST, words));
    }
    let visit = &asked.visit;
    match &source.what {
        What::Object(info, object) => {
            let from = ObjectPlace {
                account: info.account,
                collection: info.collection.id,
                name: object.row.name.clone(),
            };
            let place = to.object()?;
            let kind = info.collection.kind;
            if to
                .parent
                .as_ref()
                .is_some_and(|parent| parent.collection.kind != kind)
            {
                return Err(Failure::forbidden());
            }
            transfer::clear(visit, &source, &to).await?;
            let copied = visit
                .groupware()
                .copy_object(&visit.caller, &from, &place, Overwrite::Yes)
                .await;
            match copied {
                Ok(_) => {}
                Err(Error::UidConflict { collection, name }) => {
                    return Err(
                        super::put::uid_conflict(visit, &to.found, kind, collection, name).await,
                    );
                }
                Err(error) => return Err(error::of(&error, Some(kind))),
            }
        }
        What::Collection(_) if source.kind() == Kinds::FOLDER => {
            transfer::clear(visit, &source, &to).await?;
            transfer::copy_folder(visit, &source, &to, depth == Depth::Infinity).await?;
        }
        _ => return Err(Failure::forbidden()),
    }
    Ok(answer::empty(to.status()))
}
