//! Scout: how fast evidence is read, beside programs that only look for the same words.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use scout::assess::{Options, assess};

use crate::meter::{Meter, TICKS_PER_SECOND};
use crate::report::{Figure, Goal, Report, Sample};
use crate::workload::Common;

/// How much.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Size {
    /// MiB of logs.
    #[arg(long, default_value_t = 2_048)]
    mebibytes: usize,
}

/// Octets of a mebibyte.
const MEBIBYTE: usize = 1 << 20;
/// MiB of a file: an hour of a busy server.
const FILE_MEBIBYTES: usize = 32;
/// The words for which the others look: those for which scout looks in logs of requests.
const WORDS: [&str; 11] = [
    "ServerInfo~",
    "autodiscover.json",
    "x-rps-cat",
    ".aspx",
    ".ashx",
    "]:444/",
    "]@",
    "%5D@",
    "POST /ecp/",
    "POST /owa/",
    "POST /oab/",
];

pub(crate) fn run(size: &Size, common: &Common) -> Result<Report> {
    let mebibytes = if common.quick { 64 } else { size.mebibytes };
    let folder = tempfile::tempdir_in(&common.folder).context("a folder to write to")?;
    let logs = folder.path().join("logs");
    eprintln!("scout: making {mebibytes} MiB of logs");
    make(&logs, mebibytes)?;
    let rules = folder.path().join("words.yar");
    fs::write(&rules, yara_rules())?;
    let mut servers = vec![
        ("scout".to_owned(), Vec::new()),
        ("ripgrep".to_owned(), Vec::new()),
        ("yara".to_owned(), Vec::new()),
    ];
    let mut notes = vec![format!(
        "{mebibytes} MiB of HttpProxy and IIS logs, read by one thread each, from memory if it is large enough; the others only look for {} words",
        WORDS.len()
    )];
    for round in 1..=common.rounds {
        eprintln!("scout: round {round} of {}", common.rounds);
        for (name, rounds) in &mut servers {
            let sample = match name.as_str() {
                "scout" => Some(read(&logs, mebibytes)?),
                "ripgrep" => search(ripgrep(&logs), mebibytes)?,
                _ => search(yara(&rules, &logs), mebibytes)?,
            };
            match sample {
                Some(sample) => rounds.push(sample),
                None if round == 1 => notes.push(format!("without {name}: it is not installed")),
                None => {}
            }
        }
    }
    servers.retain(|(_, rounds)| !rounds.is_empty());
    Ok(Report {
        title: format!(
            "scout assess: {mebibytes} MiB of logs; rounds: {}",
            common.rounds
        ),
        figures: vec![
            Figure::new(
                "mb_per_cpu_s",
                "log text, MB per CPU second",
                Goal::AtLeast(200.0),
            ),
            Figure::new("mb_per_s", "log text, MB per second", Goal::None),
            Figure::new("memory_mib", "memory at most, MiB", Goal::AtMost(512.0)),
        ],
        servers,
        notes,
    })
}

fn sample(mebibytes: usize, cpu_s: f64, wall_s: f64) -> Sample {
    let megabytes = (mebibytes * MEBIBYTE) as f64 / 1e6;
    let mut sample = Sample::new();
    sample.insert("mb_per_cpu_s".to_owned(), megabytes / cpu_s.max(1e-9));
    sample.insert("mb_per_s".to_owned(), megabytes / wall_s.max(1e-9));
    sample
}

fn read(logs: &Path, mebibytes: usize) -> Result<Sample> {
    let options = Options {
        folder: logs,
        rules: None,
        baselines: None,
        workers: 1,
        now: evidence_now(),
    };
    // proc(5): 5 sets the highest mark of the resident memory back.
    let _ = fs::write("/proc/self/clear_refs", "5");
    let meter = Meter::start();
    let report = assess(&options, &|_| {}).context("the logs that were just written")?;
    let cost = meter.stop();
    ensure!(
        report.runs.len() == 1,
        "the attack in the midst of it is found"
    );
    let mut sample = sample(mebibytes, cost.cpu_s, cost.wall_s);
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = peak.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
    sample.insert("memory_mib".to_owned(), kib.unwrap_or(f64::NAN) / 1_024.0);
    Ok(sample)
}

fn evidence_now() -> evidence::Moment {
    evidence::Moment(0)
}

fn ripgrep(logs: &Path) -> Command {
    let mut command = Command::new("rg");
    command.args([
        "--threads",
        "1",
        "--ignore-case",
        "--fixed-strings",
        "--text",
        "--no-ignore",
        "--hidden",
        "--count",
    ]);
    for word in WORDS {
        command.args(["-e", word]);
    }
    command.arg(logs);
    command
}

fn yara(rules: &Path, logs: &Path) -> Command {
    let mut command = Command::new("yara");
    command
        .args(["--recursive", "--threads=1"])
        .arg(rules)
        .arg(logs);
    command
}

fn yara_rules() -> String {
    let mut rules = "rule words {\n  strings:\n".to_owned();
    for (number, word) in WORDS.iter().enumerate() {
        let _ = writeln!(rules, "    $w{number} = \"{word}\" nocase");
    }
    rules.push_str("  condition:\n    any of them\n}\n");
    rules
}

/// Runs a program; nothing if it is not installed.
fn search(mut command: Command, mebibytes: usize) -> Result<Option<Sample>> {
    let before = children_cpu_s();
    let meter = Meter::start();
    let started = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    match started {
        Ok(_) => Ok(Some(sample(
            mebibytes,
            children_cpu_s() - before,
            meter.stop().wall_s,
        ))),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// What children that have ended took.
// proc(5): fields 16 and 17 of `stat`, counted from behind the name, which may hold anything.
fn children_cpu_s() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields);
    let ticks = fields
        .split_whitespace()
        .skip(13)
        .take(2)
        .filter_map(|field| field.parse::<f64>().ok());
    ticks.sum::<f64>() / TICKS_PER_SECOND
}

/// Logs of a busy server, with one attack.
fn make(logs: &Path, mebibytes: usize) -> Result<()> {
    let (proxy, iis) = (logs.join("HttpProxy/Owa"), logs.join("LogFiles"));
    fs::create_dir_all(&proxy)?;
    fs::create_dir_all(&iis)?;
    let mut number = 0_u64;
    let mut text = String::with_capacity((FILE_MEBIBYTES + 1) * MEBIBYTE);
    for file in 0..mebibytes.div_ceil(FILE_MEBIBYTES) {
        let octets = FILE_MEBIBYTES.min(mebibytes - file * FILE_MEBIBYTES) * MEBIBYTE;
        text.clear();
        let is_iis = file % 4 == 3;
        text.push_str(if is_iis { IIS_HEAD } else { PROXY_HEAD });
        let _ = writeln!(
            text,
            "#Fields: {}",
            if is_iis {
                evidence::columns::IIS
            } else {
                evidence::columns::HTTP_PROXY
            }
        );
        while text.len() < octets {
            number += 1;
            let at = evidence::Moment(1_609_545_600_000 + i64::try_from(number)? * 700);
            if is_iis {
                iis_row(&mut text, number, at)
            } else {
                proxy_row(&mut text, number, at)
            }
        }
        let path = if is_iis {
            iis.join(format!("u_ex{file}.log"))
        } else {
            proxy.join(format!("HttpProxy_{file}-1.LOG"))
        };
        fs::write(path, &text)?;
    }
    Ok(())
}

const PROXY_HEAD: &str =
    "#Software: Microsoft Exchange Server\n#Version: 15.01.2176.002\n#Log-type: HttpProxy Logs\n";
const IIS_HEAD: &str = "#Software: Microsoft Internet Information Services 10.0\n#Version: 1.0\n";

fn proxy_row(text: &mut String, number: u64, at: evidence::Moment) {
    let anchor = if number == 10_000 {
        "ServerInfo~a]@mail01:444/ecp/proxyLogon.ecp?#"
    } else {
        "Sid~S-1-5-21-123456789-9876543211-123456798-4343"
    };
    let status = if number == 10_000 { 241 } else { 200 };
    let _ = writeln!(
        text,
        "{at},{number:08x}-1ddc-48d3-82c6-0199bc121640,15,1,2176,2,,Owa,mail.example.org,/owa/service.svc,,FBA,true,EXAMPLE\\user{},,{anchor},\
         Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML  like Gecko) Chrome/87.0.4280.88 Safari/537.36,198.51.100.{},MAIL01,\
         {status},{status},,POST,Proxy,mail01.example.org,15.01.2176.000,IntraForest,WindowsIdentity,,,,371,443,,,0,1,,0,,0,,0,0,,0,16,0,0,1,1,11,\
         0,0,0,0,0,16,0,12,3,4,4,16,,?action=FindItem&EP=1&ID=-{number}&AC=1,,BeginRequest={at};CorrelationID=<empty>;ProxyState-Run=None;\
         FEAuth=BEVersion-1942063431;BeginGetRequestStream={at};OnRequestStreamReady={at};BeginGetResponse={at};OnResponseReady={at};\
         EndGetResponse={at};ProxyState-Complete=ProxyResponseData;SharedCacheGuard=0;EndRequest={at};,,,\
         |RoutingDB:fb7adba2-51f4-47e3-b170-fd39f85aaf35,,,CafeV1",
        number % 500,
        number % 250,
    );
}

fn iis_row(text: &mut String, number: u64, at: evidence::Moment) {
    let time = at.to_string();
    let path = [
        "/mapi/emsmdb/",
        "/owa/service.svc",
        "/Microsoft-Server-ActiveSync/default.eas",
        "/EWS/Exchange.asmx",
        "/owa/auth/logon.aspx",
        "/rpc/rpcproxy.dll",
    ];
    let _ = writeln!(
        text,
        "{} {} 10.0.0.5 POST {} Cmd=Ping&DeviceId=SEC{number:x}&CorrelationID=<empty>;&cafeReqId={number:08x}-1ddc-48d3-82c6-0199bc121640; 443 \
         EXAMPLE\\user{} 198.51.100.{} Android-SAMSUNG-SM-G998B/101.300 - 200 0 0 {}",
        &time[..10],
        &time[11..19],
        path[usize::try_from(number % 6).unwrap_or(0)],
        number % 500,
        number % 250,
        number % 3_000,
    );
}
