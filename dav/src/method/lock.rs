//! `LOCK` (RFC 4918 9.10): a place is kept for one client, or a lock lasts longer.

use axum::http::header::HeaderName;
use groupware::{Condition as BodyCondition, NewBody};
use model::{CollectionKind, CollectionRights, Timestamp};

use crate::answer::{self, Answer};
use crate::asked::Asked;
use crate::codec::header::{Depth, Timeout};
use crate::codec::request::LockInfo;
use crate::codec::response::{ActiveLock, lock_body};
use crate::codec::{BodyLimits, Condition, Precondition, Status};
use crate::conditions::{self, Reach};
use crate::error::Failure;
use crate::limits::{LOCK_SECONDS_DEFAULT, LOCK_SECONDS_MAX};
use crate::lock::{Lock, Refused, Spot};
use crate::resource::{Found, Vacant, Within, last_segment, resolve, spot_of};

const LOCK_TOKEN: HeaderName = HeaderName::from_static("lock-token");

pub(super) async fn run(mut asked: Asked) -> Result<Answer, Failure> {
    super::require_xml(&asked)?;
    let body = asked.words(BodyLimits::ORDINARY).await?;
    let wanted = LockInfo::parse(&body.octets)?;
    let found = resolve(&asked.visit, &asked.head.place).await?;
    conditions::hold(&asked, &found).await?;
    let Some(spot) = spot_of(&asked.visit, &found).await else {
        return Err(match found {
            Found::Vacant(_) => Failure::new(Status::CONFLICT, "Nothing can be made here."),
            Found::Here(_) => Failure::forbidden(),
        });
    };
    require_write(&found)?;
    match wanted {
        None => refresh(&asked, &spot),
        Some(wanted) => take(&asked, &found, spot, wanted).await,
    }
}

fn require_write(found: &Found) -> Result<(), Failure> {
    let rights = match found {
        Found::Here(resource) => resource.rights(),
        Found::Vacant(Vacant {
            within: Within::Collection(info),
            ..
        }) => info.rights,
        Found::Vacant(_) => CollectionRights::NONE,
    };
    if rights.contains(CollectionRights::WRITE) {
        Ok(())
    } else {
        Err(Failure::forbidden())
    }
}

fn seconds(asked: &Asked) -> Result<u32, Failure> {
    Ok(match asked.head.timeout()? {
        None => LOCK_SECONDS_DEFAULT,
        Some(Timeout::Infinite) => LOCK_SECONDS_MAX,
        Some(Timeout::Seconds(seconds)) => seconds.clamp(1, LOCK_SECONDS_MAX),
    })
}

/// RFC 4918 9.10.2: without a body, the lock that `If` names lasts longer.
fn refresh(asked: &Asked, spot: &Spot) -> Result<Answer, Failure> {
    let tokens = conditions::tokens(asked)?;
    if tokens.is_empty() {
        let words = "Which lock is to last longer is said by `If`.";
        return Err(Failure::new(Status::BAD_REQUEST, words));
    }
    let (visit, now) = (&asked.visit, asked.visit.now());
    let holder = visit.principal.id;
    let lock = visit
        .house
        .locks
        .refresh(spot, &tokens, holder, seconds(asked)?, now);
    // RFC 4918 9.10.6.
    let lock = lock.ok_or_else(|| {
        Failure::with(
            Status::PRECONDITION_FAILED,
            Precondition::LockTokenMatchesRequestUri,
        )
    })?;
    Ok(told(Status::OK, &lock, now))
}

async fn take(
    asked: &Asked,
    found: &Found,
    spot: Spot,
    wanted: LockInfo,
) -> Result<Answer, Failure> {
    let infinite = match asked.head.depth()? {
        None | Some(Depth::Infinity) => true,
        Some(Depth::Zero) => false,
        // RFC 4918 9.10.3.
        Some(Depth::One) => {
            let words = "A lock has the depth 0 or infinity.";
            return Err(Failure::new(Status::BAD_REQUEST, words));
        }
    };
    let (visit, now) = (&asked.visit, asked.visit.now());
    let seconds = seconds(asked)?;
    let root = match found {
        Found::Here(resource) => resource.href(),
        Found::Vacant(vacant) => vacant.place.href(),
    };
    if matches!(found, Found::Vacant(_)) {
        // RFC 4918 7.4: a lock on the collection keeps new members out.
        conditions::permit_write(asked, found, Reach::Itself).await?;
    }
    let lock = Lock {
        token: token(asked),
        infinite: infinite && spot.member.is_none(),
        spot,
        scope: wanted.scope,
        owner: wanted.owner,
        holder: visit.principal.id,
        seconds,
        until: now.plus_ms(i64::from(seconds) * 1_000),
        root,
    };
    visit.house.locks.take(lock.clone(), now).map_err(refused)?;
    let status = match found {
        Found::Here(_) => Status::OK,
        Found::Vacant(vacant) => {
            if let Err(failure) = make_empty(asked, vacant).await {
                visit.house.locks.forget(&lock.spot);
                return Err(failure);
            }
            Status::CREATED
        }
    };
    let answer = told(status, &lock, now);
    Ok(answer::with(
        answer,
        LOCK_TOKEN,
        &format!("<{}>", lock.token),
    ))
}

/// RFC 4918 7.3: a lock where nothing is makes an empty file.
async fn make_empty(asked: &Asked, vacant: &Vacant) -> Result<(), Failure> {
    let (Within::Collection(info), Some(name)) = (&vacant.within, last_segment(&vacant.place))
    else {
        return Err(Failure::new(Status::CONFLICT, "Nothing can be made here."));
    };
    // An empty calendar object or contact card is none: what is locked there must be there.
    if info.collection.kind != CollectionKind::Folder {
        return Err(Failure::new(Status::CONFLICT, "Nothing is here yet."));
    }
    let new = NewBody {
        name,
        body: Vec::new(),
        media_type: None,
        condition: BodyCondition::Absent,
        tell_organizer: false,
    };
    let visit = &asked.visit;
    visit
        .groupware()
        .put_object(&visit.caller, info.account, info.collection.id, new)
        .await?;
    Ok(())
}

/// RFC 4918 6.5, RFC 4122 4.4: a token nobody can guess and nobody else gives out.
fn token(asked: &Asked) -> String {
    let mut octets: [u8; 16] = asked.visit.house.settings.random.bytes();
    octets[6] = octets[6] & 0x0f | 0x40;
    octets[8] = octets[8] & 0x3f | 0x80;
    let mut text = String::from("urn:uuid:");
    for (at, octet) in octets.iter().enumerate() {
        if matches!(at, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        text.push_str(&format!("{octet:02x}"));
    }
    text
}

fn refused(refused: Refused) -> Failure {
    match refused {
        Refused::Conflict(roots) => Failure::with(
            Status::LOCKED,
            Condition::Hrefs(Precondition::NoConflictingLock, roots),
        ),
        Refused::TooMany => Failure::new(Status::SERVICE_UNAVAILABLE, "There are too many locks."),
    }
}

fn told(status: Status, lock: &Lock, now: Timestamp) -> Answer {
    let active: [ActiveLock; 1] = [lock.active(now)];
    answer::xml(status, lock_body(&active))
}
