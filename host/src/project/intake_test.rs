//! Given a place that takes a history in, when that ends, then its mark says what the import did, and not what others did
//! meanwhile.

use std::io::Cursor;
use std::path::PathBuf;
use std::thread;

use systemprompt_events::{
    Append, Command, CommandId, Digest, EventId, ExchangeFormat, ExportRequest, LogId, Position, ProjectCommand,
    Provenance, Timestamp,
};
use tempfile::TempDir;
use tokio::runtime;
use uuid::Uuid;

use super::*;
use crate::env::Watching;
use crate::places::Places;

/// More than an import commits at once.
const CHUNK: usize = 10_000;

/// A project that holds the first event of a history, and an export of the whole history.
struct World {
    dir: TempDir,
    file: Vec<u8>,
}

impl World {
    /// The history goes on with so many events, and one more in a request of its own.
    async fn new(events: usize) -> World {
        let dir = tempfile::tempdir().unwrap();
        let project = dir.path().join(".systemprompt");
        fs::create_dir(&project).unwrap();
        let begin = ProjectCommand::Initialise { log_id: LogId::new(Uuid::from_u128(7)) };
        let mut here = SqliteLog::create(&project.join(LOG)).await.unwrap();
        append(&mut here, 1, vec![begin.clone()]).await;
        here.close().await.unwrap();
        let mut whole = SqliteLog::create(&dir.path().join("whole.db")).await.unwrap();
        append(&mut whole, 1, vec![begin]).await;
        append(&mut whole, 2, (0..events).map(kept).collect()).await;
        append(&mut whole, 3, vec![kept(events)]).await;
        let request = ExportRequest { format: ExchangeFormat::Ndjson, from: None, to: None, is_redacted: false };
        let mut file = vec![];
        whole.export(&request, &mut file).await.unwrap();
        World { dir, file }
    }

    fn project(&self) -> PathBuf {
        self.dir.path().join(".systemprompt")
    }

    fn env(&self) -> Env {
        let data = self.dir.path().join("data").into_os_string();
        let places = Places::find(&|_| Some(data.clone()), false).unwrap();
        let (cwd, provenance) = (self.dir.path().to_owned(), provenance());
        Env { cwd, places, provenance, interactive: false, watching: Watching::Nobody, is_root: false }
    }

    /// Takes in what is opened, each time anew; ends in the code of an error.
    async fn take_in(
        &self,
        open: &mut dyn FnMut() -> Result<Reader<Cursor<Vec<u8>>>, ReadError>,
    ) -> Result<Imported, String> {
        let env = self.env();
        let arrival = super::open(&env, Some(self.dir.path())).unwrap();
        let taken = arrival.take_in(self.file.len() as u64, open).await;
        taken.map(|arrived| arrived.imported).map_err(|error| error.code)
    }

    fn whole(&self) -> Result<Reader<Cursor<Vec<u8>>>, ReadError> {
        Reader::open(Cursor::new(self.file.clone()))
    }

    /// As if nothing had ever been there.
    fn without_log(self) -> World {
        fs::remove_dir_all(self.project()).unwrap();
        self
    }

    async fn end(&self) -> Option<Position> {
        let mut log = SqliteLog::open(&self.project().join(LOG)).await.unwrap();
        log.head().await.unwrap().position
    }

    /// What another process does while a file is read.
    fn write_elsewhere(&self) {
        let path = self.project().join(LOG);
        let write = async move {
            let is_new = !path.exists();
            let mut log = SqliteLog::create(&path).await.unwrap();
            let begin = ProjectCommand::Initialise { log_id: LogId::new(Uuid::from_u128(8)) };
            append(&mut log, 9, vec![if is_new { begin } else { kept(usize::MAX) }]).await;
            log.close().await.unwrap();
        };
        let runtime = runtime::Builder::new_current_thread().enable_all().build().unwrap();
        thread::spawn(move || runtime.block_on(write)).join().unwrap();
    }

    fn cut_off(&self) -> Result<Reader<Cursor<Vec<u8>>>, ReadError> {
        Reader::open(Cursor::new(self.file[..self.file.len() - 2].to_vec()))
    }

    fn mark(&self) -> Mark {
        read(&self.project()).unwrap()
    }
}

fn provenance() -> Provenance {
    Provenance { actor: "ada".into(), host: "laptop".into(), cli: "systemprompt".into(), argv: vec![] }
}

fn kept(number: usize) -> ProjectCommand {
    ProjectCommand::KeepHandEdit { file: "f".into(), kept_as: number.to_string(), digest: Digest::ZERO }
}

async fn append(log: &mut SqliteLog, request: u128, commands: Vec<ProjectCommand>) {
    let mut next = request << 64;
    let append = Append {
        commands: commands.into_iter().map(Command::Project).collect(),
        command_id: CommandId::new(Uuid::from_u128(request)),
        correlation_id: Uuid::from_u128(request),
        causation_id: None,
        time: Timestamp::from_millis(1_769_940_000_000),
        ids: &mut || {
            next += 1;
            EventId::new(Uuid::from_u128(next))
        },
    };
    log.execute(&provenance(), append).await.unwrap();
}

#[tokio::test]
async fn a_file_that_cannot_be_taken_in_leaves_the_mark_alone_though_another_process_writes_meanwhile() {
    let world = World::new(1).await;
    let mut open = || {
        world.write_elsewhere();
        world.whole()
    };
    assert_eq!(world.take_in(&mut open).await.unwrap_err(), "import-other-history");
    assert_eq!(world.mark(), Mark::None);
}

#[tokio::test]
async fn an_import_before_which_another_process_wrote_leaves_the_project_acting() {
    let world = World::new(1).await;
    let mut opened = 0;
    let mut open = || {
        opened += 1;
        if opened == 2 {
            assert_eq!(world.mark(), Mark::Unfinished, "it is marked before the first event is written");
            world.write_elsewhere();
        }
        world.whole()
    };
    assert!(world.take_in(&mut open).await.is_err());
    assert_eq!(opened, 2);
    assert_eq!(world.mark(), Mark::None);
}

#[tokio::test]
async fn an_import_that_wrote_a_part_is_unfinished_and_goes_on_from_there() {
    let world = World::new(CHUNK).await;
    let before = world.end().await;
    let mut opened = 0;
    let mut open = || {
        opened += 1;
        if opened == 1 { world.whole() } else { world.cut_off() }
    };
    assert_eq!(world.take_in(&mut open).await.unwrap_err(), "import-cut-off");
    let part = world.end().await;
    assert!(part > before, "something was written");
    assert_eq!(world.mark(), Mark::Unfinished);
    let imported = world.take_in(&mut || world.whole()).await.unwrap();
    assert_eq!(Some(imported.known), part.map(Position::get));
    assert_eq!(world.mark(), Mark::Finished);
}

#[tokio::test]
async fn where_there_is_no_log_one_is_made_of_the_file_which_is_opened_once() {
    let world = World::new(CHUNK).await.without_log();
    let mut opened = 0;
    let mut open = || {
        opened += 1;
        world.whole()
    };
    let imported = world.take_in(&mut open).await.unwrap();
    assert_eq!((opened, imported.known), (1, 0));
    assert_eq!(world.end().await, imported.head.position);
    assert_eq!(world.mark(), Mark::Finished);
}

#[tokio::test]
async fn where_there_is_no_log_a_file_that_cannot_be_taken_in_leaves_nothing() {
    let world = World::new(CHUNK).await.without_log();
    assert_eq!(world.take_in(&mut || world.cut_off()).await.unwrap_err(), "import-cut-off");
    assert!(!world.project().exists());
}

#[tokio::test]
async fn a_log_that_another_process_made_meanwhile_is_left_as_it_is() {
    let world = World::new(1).await.without_log();
    let mut open = || {
        world.write_elsewhere();
        world.whole()
    };
    assert_eq!(world.take_in(&mut open).await.unwrap_err(), "conflict");
    assert_eq!((world.mark(), world.end().await), (Mark::None, Some(Position::FIRST)));
}
