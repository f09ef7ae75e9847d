//! Written: rows and files as Exchange, IIS and exporters of events write them.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use evidence::Moment;

pub(super) fn put_file(folder: &Path, path: &str, text: &str, variant: u64, day: i64) {
    let whole = folder.join(path);
    fs::create_dir_all(whole.parent().unwrap()).unwrap();
    if variant == 3 && day % 2 == 0 {
        let file = fs::File::create(folder.join(format!("{path}.gz"))).unwrap();
        let mut packed = flate2::write::GzEncoder::new(file, flate2::Compression::fast());
        packed.write_all(text.as_bytes()).unwrap();
        packed.finish().unwrap();
    } else if variant == 1 && day % 2 == 0 {
        let units: Vec<u8> = std::iter::once(0xfeff)
            .chain(text.encode_utf16())
            .flat_map(u16::to_le_bytes)
            .collect();
        fs::write(whole, units).unwrap();
    } else {
        fs::write(whole, text).unwrap();
    }
}

pub(super) fn place_of(kind: &str, day: i64, variant: u64) -> (String, String) {
    let date: String = Moment::of_hour(day * 24).to_string()[..10].replace('-', "");
    let exchange = |log: &str, fields: &str| {
        let plain = if variant == 2 {
            format!("{fields}\n")
        } else {
            String::new()
        };
        format!(
            "{plain}#Software: Microsoft Exchange Server\n#Version: 15.0.0.0\n#Log-type: {log}\n#Date: 2021-01-01T00:00:00.000Z\n#Fields: {fields}\n"
        )
    };
    if let Some(protocol) = kind.strip_prefix("HttpProxy ") {
        return (
            format!("HttpProxy/{protocol}/HttpProxy_{date}-1.LOG"),
            exchange("HttpProxy Logs", evidence::columns::HTTP_PROXY),
        );
    }
    if let Some(channel) = kind.strip_prefix("events ") {
        return (format!("events/{channel}-{date}.jsonl"), String::new());
    }
    match kind {
        "IIS" => (format!("LogFiles/W3SVC1/u_ex{}.log", &date[2..]), "#Software: Microsoft Internet Information Services 10.0\n#Version: 1.0\n#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) cs(Referer) sc-status sc-substatus sc-win32-status time-taken\n".to_owned()),
        "EWS" => (format!("Logging/Ews/Ews_{date}-1.LOG"), exchange("EWS Logs", evidence::columns::EWS)),
        "message tracking" => (format!("MessageTracking/MSGTRK{date}-1.LOG"), exchange("Message Tracking Log", evidence::columns::MESSAGE_TRACKING)),
        "ECP server" => (format!("ECP/Server/ECPServer{date}-1.LOG"), exchange("ECP Server Log", evidence::columns::ECP_SERVER)),
        "OAB generator" => (format!("OABGeneratorLog/OAB{date}-1.LOG"), exchange("OABGeneratorLog", "DateTime,Component,Message")),
        _ => (format!("CmdletInfra/Rps_Cmdlet_{date}-1.LOG"), exchange("Rps Cmdlet Logs", evidence::columns::RPS_CMDLET)),
    }
}

/// Where a log lay on the server, as the list of its logs names it.
pub(super) fn listed(kind: &str, day: i64) -> String {
    const EXCHANGE: &str = r"C:\Program Files\Microsoft\Exchange Server\V15";
    if let Some(channel) = kind.strip_prefix("events ") {
        let file = match channel {
            "PowerShell" => "Microsoft-Windows-PowerShell%4Operational",
            "Sysmon" => "Microsoft-Windows-Sysmon%4Operational",
            channel => channel,
        };
        return format!(r"C:\Windows\System32\winevt\Logs\{file}.evtx");
    }
    let path = place_of(kind, day, 0).0.replace('/', r"\");
    match kind {
        "IIS" => format!(r"C:\inetpub\logs\{path}"),
        "message tracking" => format!(r"{EXCHANGE}\TransportRoles\Logs\{path}"),
        "EWS" => format!(r"{EXCHANGE}\{path}"),
        _ => format!(r"{EXCHANGE}\Logging\{path}"),
    }
}

/// A channel as reports name it.
pub(super) fn channel_name(channel: &str) -> &str {
    match channel {
        "Microsoft-Windows-PowerShell/Operational" => "PowerShell",
        "Microsoft-Windows-Sysmon/Operational" => "Sysmon",
        channel => channel,
    }
}

/// An event of Sysmon, which holds its time in UTC besides.
pub(super) fn sysmon_row(at: Moment, id: u32, values: &[(&str, &str)]) -> String {
    let utc = at.to_string().replace('T', " ").replace('Z', "");
    let values = [&[("UtcTime", utc.as_str())], values].concat();
    event_row(at, "Microsoft-Windows-Sysmon/Operational", id, "", &values)
}

pub(super) fn iis_row(
    at: Moment,
    method: &str,
    path: &str,
    query: &str,
    address: &str,
    status: u16,
) -> String {
    let text = at.to_string();
    format!(
        "{} {} 10.0.0.5 {method} {path} {query} 443 - {address} Mozilla/5.0+(Windows+NT+10.0) - {status} 0 0 15",
        &text[..10],
        &text[11..19]
    )
}

/// The id of the request that came at a time.
pub(super) fn id_of(at: Moment) -> String {
    format!("{:08x}-1ddc-48d3-82c6-0199bc121640", at.0 & 0xffff_ffff)
}

pub(super) fn ews_row(
    at: Moment,
    [major, minor, build, revision]: [u16; 4],
    user: &str,
    address: &str,
    action: &str,
) -> String {
    format!(
        "{at},{},{major},{minor},{build},{revision},Unknown,,Logon,true,{user},EXAMPLE.ORG,ExchangeServicesClient/15.01,\
         Target=None;Req=Exchange2010_SP1/Exchange2010_SP1;,{address},MAIL01,,{action},200,666,,,{user},,,,{}",
        id_of(at),
        id_of(at)
    )
}

pub(super) fn tracking_row(
    at: Moment,
    build: [u16; 4],
    source: &str,
    event: &str,
    recipient: &str,
    sender: &str,
) -> String {
    let [major, minor, build, revision] = build;
    format!(
        "{at},10.0.0.5,MAIL01.example.org,10.0.0.5,MAIL01,\"MDB:1, Mailbox:2, ClientType:MOMT\",,{source},{event},438,<x@example.org>,\
         6a638d20-1e63-493a-80a2-08da9a4ff8da,{recipient},To,3750,1,,,Subject,{sender},{sender},04I: ,Originating,,10.0.0.9,10.0.0.5,\
         S:DeliveryPriority=Normal,Email,12345678-3232-2323-1111-12345679987,{major:02}.{minor:02}.{build:04}.{revision:03}"
    )
}

pub(super) fn event_row(
    at: Moment,
    channel: &str,
    id: u32,
    message: &str,
    values: &[(&str, &str)],
) -> String {
    let mut event = serde_json::json!({"Channel": channel, "EventID": id, "TimeCreated": at.to_string(), "Hostname": "MAIL01", "Message": message});
    for (name, value) in values {
        event[*name] = serde_json::json!(value);
    }
    event.to_string()
}

pub(super) fn dotted(build: [u16; 4]) -> String {
    build.map(|part| part.to_string()).join(".")
}
