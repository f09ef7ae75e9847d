//! Link: the serving end of the socket to one egress process.
//!
//! Whoever asks puts frames into a bounded queue and waits; [`Link::serve`] writes them, reads the answers and hands
//! them out. A question that is dropped is forgotten at once and cancelled in the process.

use std::collections::HashMap;
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{Notify, mpsc, oneshot};

use super::Error;
use crate::wire::{
    Frame, FrameError, FrameReader, FrameWriter, Head, Id, MEMORY_OCTETS_MAX, OCTETS_IN_FLIGHT_MAX,
    Request, Response, Setup, pieces,
};

/// Frames that wait for being written. They share the octets of their messages.
const FRAMES_WAITING_MAX: usize = 256;

/// Octets of answers that may be half here.
const ANSWER_OCTETS_MAX: usize = OCTETS_IN_FLIGHT_MAX;

/// The link, attached or not.
#[derive(Debug, Default)]
pub(super) struct Link {
    state: Arc<Mutex<State>>,
}

/// What askers and the serving loop share.
#[derive(Debug, Default)]
struct State {
    /// Number of the last conversation; never used twice, not even on another link.
    last_id: u64,
    attached: Option<Attached>,
}

/// A link that is up.
#[derive(Debug)]
struct Attached {
    frames: mpsc::Sender<Frame>,
    waiting: HashMap<Id, oneshot::Sender<(Response, Bytes)>>,
    cancelled: Vec<Id>,
    cancel: Arc<Notify>,
}

impl Link {
    /// Whether there is a process.
    pub(super) fn is_up(&self) -> bool {
        lock(&self.state).attached.is_some()
    }

    /// Asks, and waits without limit. Dropping the future cancels.
    pub(super) async fn ask(
        &self,
        request: Request,
        body: Bytes,
    ) -> Result<(Response, Bytes), Error> {
        let (answer, answered) = oneshot::channel();
        let (id, frames) = {
            let mut state = lock(&self.state);
            state.last_id = state.last_id.wrapping_add(1);
            let id = Id(state.last_id);
            let attached = state.attached.as_mut().ok_or(Error::Down)?;
            attached.waiting.insert(id, answer);
            (id, attached.frames.clone())
        };
        let _question = Question {
            id,
            state: &self.state,
        };
        send(id, request, body, &frames).await?;
        answered.await.map_err(|_| Error::Lost)
    }

    /// Serves one socket until it closes.
    pub(super) async fn serve(
        &self,
        socket: UnixStream,
        setup: &Setup,
        memory: Bytes,
    ) -> Result<(), Error> {
        let failed = |error: std::io::Error| Error::Failed(error.to_string());
        socket.set_nonblocking(true).map_err(failed)?;
        let socket = tokio::net::UnixStream::from_std(socket).map_err(failed)?;
        let (reader, writer) = socket.into_split();
        let mut writer = FrameWriter::new(writer);
        // Too much of it is nothing: it can be found out anew.
        let memory_octets = u32::try_from(memory.len()).unwrap_or(u32::MAX);
        let fits = memory.len() <= MEMORY_OCTETS_MAX;
        let setup = Setup {
            memory_octets: if fits { memory_octets } else { 0 },
            ..setup.clone()
        };
        writer.put(&Frame::Setup(Box::new(setup))).await?;
        for data in pieces(memory).take_while(|_| fits) {
            writer.put(&Frame::Data(Id(0), data)).await?;
        }
        let (frames, queue) = mpsc::channel(FRAMES_WAITING_MAX);
        let cancel = Arc::new(Notify::new());
        let _attachment = self.attach(frames, Arc::clone(&cancel))?;
        // Each of both runs until the socket closes, and neither is polled again after that.
        let ended = tokio::select! {
            ended = write(writer, queue, &cancel, &self.state) => ended,
            ended = read(FrameReader::new(reader), &self.state) => ended,
        };
        match ended {
            Ok(()) | Err(FrameError::Closed | FrameError::Io(_)) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Takes the place of the one link, until what is returned is dropped.
    fn attach(
        &self,
        frames: mpsc::Sender<Frame>,
        cancel: Arc<Notify>,
    ) -> Result<Attachment<'_>, Error> {
        let mut state = lock(&self.state);
        if state.attached.is_some() {
            return Err(Error::Busy);
        }
        state.attached = Some(Attached {
            frames,
            waiting: HashMap::new(),
            cancelled: Vec::new(),
            cancel,
        });
        Ok(Attachment { state: &self.state })
    }
}

/// Puts a question with its body into the queue.
async fn send(
    id: Id,
    request: Request,
    body: Bytes,
    frames: &mpsc::Sender<Frame>,
) -> Result<(), Error> {
    let body_octets = u32::try_from(body.len())
        .map_err(|_| Error::Failed("the message is too large".to_owned()))?;
    let head = Head {
        what: request,
        body_octets,
    };
    let begins = Frame::Request(id, Box::new(head));
    frames.send(begins).await.map_err(|_| Error::Lost)?;
    for data in pieces(body) {
        let data = Frame::Data(id, data);
        frames.send(data).await.map_err(|_| Error::Lost)?;
    }
    Ok(())
}

/// Writes what stands in the queue, and cancels what nobody waits for any longer.
async fn write(
    mut writer: FrameWriter<impl AsyncWrite + Unpin>,
    mut queue: mpsc::Receiver<Frame>,
    cancel: &Notify,
    state: &Mutex<State>,
) -> Result<(), FrameError> {
    loop {
        let frame = match queue.try_recv() {
            Ok(frame) => Some(frame),
            Err(_) => {
                writer.flush().await?;
                // Both branches are cancellation-safe: a frame that is not received stays in the queue, and a
                // notification that nobody waits for is kept.
                tokio::select! {
                    frame = queue.recv() => match frame {
                        Some(frame) => Some(frame),
                        None => return Ok(()),
                    },
                    () = cancel.notified() => None,
                }
            }
        };
        // What is cancelled comes first: its place may already be taken by the frame at hand.
        for id in take_cancelled(state) {
            writer.put(&Frame::Cancel(id)).await?;
        }
        let Some(frame) = frame.filter(|frame| is_wanted(frame, state)) else {
            continue;
        };
        match (writer.put(&frame).await, &frame) {
            (Err(FrameError::TooLarge { octets }), Frame::Request(id, _)) => {
                tracing::warn!(octets, "a request to the egress process is too large");
                let failed = crate::wire::Failed::Failed("the request is too large".to_owned());
                answer(*id, Response::Failed(failed), Bytes::new(), state);
            }
            (written, _) => written?,
        }
    }
}

/// Takes the list of what is to be cancelled.
fn take_cancelled(state: &Mutex<State>) -> Vec<Id> {
    match &mut lock(state).attached {
        Some(attached) => std::mem::take(&mut attached.cancelled),
        None => Vec::new(),
    }
}

/// Whether somebody still waits for the answer to a frame.
fn is_wanted(frame: &Frame, state: &Mutex<State>) -> bool {
    let id = match frame {
        Frame::Request(id, _) | Frame::Data(id, _) => id,
        Frame::Setup(_) | Frame::Cancel(_) | Frame::Response(..) => return true,
    };
    let state = lock(state);
    let attached = state.attached.as_ref();
    attached.is_some_and(|attached| attached.waiting.contains_key(id))
}

/// Reads answers and hands them out.
async fn read(
    mut reader: FrameReader<impl AsyncRead + Unpin>,
    state: &Mutex<State>,
) -> Result<(), FrameError> {
    let mut partial: HashMap<Id, Partial> = HashMap::new();
    let mut octets_due = 0_usize;
    loop {
        match reader.frame().await? {
            Frame::Response(id, head) if head.body_octets == 0 => {
                answer(id, head.what, Bytes::new(), state);
            }
            Frame::Response(id, head) => {
                let due = head.body_octets as usize;
                octets_due = octets_due.saturating_add(due);
                if octets_due > ANSWER_OCTETS_MAX || partial.contains_key(&id) {
                    return Err(FrameError::TooLarge { octets: octets_due });
                }
                let (response, body) = (head.what, BytesMut::new());
                partial.insert(
                    id,
                    Partial {
                        response,
                        body,
                        due,
                    },
                );
            }
            Frame::Data(id, data) => {
                let part = partial.get_mut(&id).ok_or(FrameError::Malformed)?;
                part.body.extend_from_slice(&data);
                if part.body.len() > part.due {
                    return Err(FrameError::Malformed);
                }
                if part.body.len() == part.due
                    && let Some(part) = partial.remove(&id)
                {
                    octets_due = octets_due.saturating_sub(part.due);
                    answer(id, part.response, part.body.freeze(), state);
                }
            }
            Frame::Setup(_) | Frame::Request(..) | Frame::Cancel(_) => {
                return Err(FrameError::Malformed);
            }
        }
    }
}

/// An answer whose body is not all here.
#[derive(Debug)]
struct Partial {
    response: Response,
    body: BytesMut,
    due: usize,
}

/// Hands an answer to whoever waits for it, if somebody does.
fn answer(id: Id, response: Response, body: Bytes, state: &Mutex<State>) {
    let waiting = match &mut lock(state).attached {
        Some(attached) => attached.waiting.remove(&id),
        None => None,
    };
    if let Some(waiting) = waiting {
        // Whoever asked may have gone in this moment.
        let _ = waiting.send((response, body));
    }
}

/// A question under way; dropped before it is answered, it is cancelled.
struct Question<'a> {
    id: Id,
    state: &'a Mutex<State>,
}

impl Drop for Question<'_> {
    fn drop(&mut self) {
        if let Some(attached) = &mut lock(self.state).attached
            && attached.waiting.remove(&self.id).is_some()
        {
            attached.cancelled.push(self.id);
            attached.cancel.notify_one();
        }
    }
}

/// The place of the one link; dropped, everybody who waits learns that it is lost.
struct Attachment<'a> {
    state: &'a Mutex<State>,
}

impl Drop for Attachment<'_> {
    fn drop(&mut self) {
        let attached = lock(self.state).attached.take();
        drop(attached);
    }
}

/// The state; nobody panics with it in hand.
fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
