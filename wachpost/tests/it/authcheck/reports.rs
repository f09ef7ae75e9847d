//! Reports that others sent, as the crate `mail-auth` carries them, read by `wachpost report`.

use std::process::Command;

use serde_json::Value;

use super::signatures::folder_of_resources;

fn shown(path: &std::path::Path, json: bool) -> String {
    let mut program = Command::new(env!("CARGO_BIN_EXE_wachpost"));
    program.arg("report").arg(path);
    if json {
        program.arg("--json");
    }
    let output = program.output().unwrap();
    assert!(output.status.success(), "{}: {output:?}", path.display());
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn reports_of_others_are_read() {
    let mut messages = 0;
    for (folder, kind) in [("dmarc-feedback", "dmarc"), ("tlsrpt", "tls")] {
        for file in std::fs::read_dir(folder_of_resources(folder)).unwrap() {
            let path = file.unwrap().path();
            let extension = path.extension().unwrap().to_str().unwrap();
            // What stands beside a DMARC report as JSON is what the crate's own reader makes of it.
            if kind == "dmarc" && extension == "json" {
                continue;
            }
            let report: Value = serde_json::from_str(&shown(&path, true)).unwrap();
            if kind == "dmarc" {
                for row in report["dmarc"]["rows"].as_array().unwrap() {
                    messages += row["count"].as_u64().unwrap();
                }
                assert!(
                    shown(&path, false)
                        .contains(report["dmarc"]["policy"]["domain"].as_str().unwrap())
                );
            } else {
                assert!(report["tls"]["policies"].is_array(), "{report}");
                shown(&path, false);
            }
        }
    }
    assert!(messages > 0);
}
