use super::*;
use crate::value::{stamp, write_time};
use proptest::prelude::*;

fn settled(start: &str, rule: &str) -> (Rule, i64) {
    let start = stamp(start).unwrap();
    let mut rule = Rule::read(rule).unwrap();
    rule.settle(start, |utc| utc).unwrap();
    (rule, start.local)
}

/// The first occurrences, as `MMDDTHH` or whatever length the expectation has.
fn first(start: &str, rule: &str, count: usize) -> Vec<String> {
    let (rule, start) = settled(start, rule);
    Expansion::new(&rule, start, start)
        .take(count)
        .map(write_time)
        .collect()
}

#[test]
fn examples_of_the_standard() {
    // RFC 5545 3.8.5.3, all examples: the rule, DTSTART at 09:00 on the day given, and the first days it lists.
    let table = include_str!("examples.txt");
    let mut checked = 0;
    for line in table
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
    {
        let mut fields = line.split('|').map(str::trim);
        let (start, rule) = (fields.next().unwrap(), fields.next().unwrap());
        let expected: Vec<&str> = fields.next().unwrap().split_whitespace().collect();
        let (listed, complete) = match expected.split_last() {
            Some((&"...", listed)) => (listed, false),
            _ => (&expected[..], true),
        };
        let found = first(start, rule, listed.len() + usize::from(complete));
        let shortened: Vec<&str> = found
            .iter()
            .zip(listed)
            .map(|(found, listed)| &found[..listed.len()])
            .collect();
        assert_eq!(shortened, listed, "{rule}");
        assert_eq!(found.len(), listed.len(), "{rule} goes on to {found:?}");
        checked += 1;
    }
    assert!(checked >= 40, "only {checked} examples");
}

#[test]
fn a_start_far_away_costs_few_steps() {
    let (rule, start) = settled("19700105T090000", "FREQ=WEEKLY;BYDAY=MO,FR");
    let from = stamp("99990101T000000").unwrap().local;
    let mut expansion = Expansion::new(&rule, start, from);
    assert_eq!(
        expansion.next().map(write_time).as_deref(),
        Some("99990101T090000")
    );
    assert!(expansion.steps() <= 2, "{}", expansion.steps());
    let (rule, start) = settled("19700105T090000", "FREQ=DAILY;INTERVAL=3;COUNT=100000");
    assert_eq!(rule.last, Some(start + 99_999 * 3 * DAY));
}

#[test]
fn hostile_rules_end() {
    for rule in [
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=SECONDLY;BYHOUR=3;BYMINUTE=4;BYSECOND=5;BYYEARDAY=366;BYMONTHDAY=1",
        "FREQ=MINUTELY;INTERVAL=999999999;BYSECOND=7",
        "FREQ=HOURLY;INTERVAL=24;BYHOUR=8",
        "FREQ=MONTHLY;BYDAY=53MO",
        "FREQ=DAILY;BYSETPOS=366",
        "FREQ=YEARLY;INTERVAL=4294967295",
        "FREQ=WEEKLY;INTERVAL=4294967295;BYWEEKNO=53",
    ] {
        let (rule, start) = settled("19970902T090000", rule);
        let mut expansion = Expansion::new(&rule, start, start);
        for _ in 0..100 {
            if expansion.next().is_none() {
                break;
            }
        }
        assert!(expansion.steps() <= 101 * crate::limit::EMPTY_STEPS_MAX);
    }
    let all = |from: i64, to: i64| {
        (from..=to)
            .map(|number| number.to_string())
            .collect::<Vec<_>>()
            .join(",")
    };
    let dense = format!(
        "FREQ=YEARLY;BYHOUR={};BYMINUTE={};BYSECOND={};BYYEARDAY={}",
        all(0, 23),
        all(0, 59),
        all(0, 59),
        all(1, 366)
    );
    let (rule, start) = settled("19970902T090000", &dense);
    let from = stamp("20231231T235959").unwrap().local;
    let found: Vec<String> = Expansion::new(&rule, start, from)
        .take(2)
        .map(write_time)
        .collect();
    assert_eq!(found, ["20231231T235959", "20240101T000000"]);
}

#[test]
fn a_count_too_far_is_refused_and_a_plain_one_is_not() {
    let start = stamp("19970902T090000").unwrap();
    let mut rule = Rule::read("FREQ=SECONDLY;COUNT=4000000000").unwrap();
    assert_eq!(rule.settle(start, |utc| utc), Ok(()));
    let mut rule = Rule::read("FREQ=SECONDLY;COUNT=4000000000;BYSECOND=1,2,3").unwrap();
    assert_eq!(rule.settle(start, |utc| utc), Err(TooMany));
    for wrong in [
        "",
        "FREQ=",
        "COUNT=3",
        "FREQ=DAILY;COUNT=0",
        "FREQ=DAILY;BYHOUR=24",
        "FREQ=DAILY;BYDAY=XX",
        "FREQ=DAILY;BYDAY=ä",
        "FREQ=DAILY;RSCALE=HEBREW",
    ] {
        assert!(Rule::read(wrong).is_err(), "{wrong}");
    }
}

/// Day by day, every rule part as a filter: slow and plain.
fn naive(rule: &str, start: i64, days: i64) -> Vec<i64> {
    use crate::civil::{date_of, day_of, days_in_month};
    let part = |name: &str| {
        rule.split(';')
            .find_map(|part| part.strip_prefix(name))
            .and_then(|part| part.strip_prefix('='))
    };
    let interval: i64 = part("INTERVAL").map_or(1, |text| text.parse().unwrap());
    let numbers = |name: &str| {
        part(name).map(|list| {
            list.split(',')
                .map(|number| number.parse::<i64>().unwrap())
                .collect::<Vec<_>>()
        })
    };
    let names = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"];
    let first = start.div_euclid(DAY);
    let begin = date_of(first);
    let mut found = Vec::new();
    for day in first..first + days {
        let date = date_of(day);
        let steps = match part("FREQ").unwrap() {
            "YEARLY" => date.year - begin.year,
            "MONTHLY" => (date.year - begin.year) * 12 + date.month - begin.month,
            "WEEKLY" => (day - weekday(day) - (first - weekday(first))) / 7,
            _ => day - first,
        };
        let mut holds = steps % interval == 0;
        let by_day = part("BYDAY").map(|list| list.split(',').collect::<Vec<_>>());
        let by_month_day = numbers("BYMONTHDAY");
        if let Some(months) = numbers("BYMONTH") {
            holds &= months.contains(&date.month);
        } else if part("FREQ") == Some("YEARLY") && by_day.is_none() && by_month_day.is_none() {
            holds &= date.month == begin.month;
        }
        if let Some(list) = &by_month_day {
            let len = days_in_month(date.year, date.month);
            holds &= list.iter().any(|number| {
                date.day
                    == if *number > 0 {
                        *number
                    } else {
                        len + 1 + number
                    }
            });
        }
        if let Some(list) = &by_day {
            holds &= list.contains(&names[usize::try_from(weekday(day)).unwrap()]);
        }
        if by_day.is_none() && by_month_day.is_none() {
            holds &= match part("FREQ").unwrap() {
                "YEARLY" | "MONTHLY" => date.day == begin.day,
                "WEEKLY" => weekday(day) == weekday(first),
                _ => true,
            };
        }
        let _ = day_of;
        if holds {
            found.push(day * DAY + start.rem_euclid(DAY));
        }
    }
    found
}

proptest! {
    #[test]
    fn expansion_is_what_a_walk_over_all_days_finds(
        freq in prop::sample::select(vec!["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]),
        interval in 1_i64..5,
        by_day in prop::option::of(prop::sample::subsequence(vec!["MO", "TU", "WE", "TH", "FR", "SA", "SU"], 1..4)),
        by_month in prop::option::of(prop::collection::vec(1_i64..=12, 1..3)),
        by_month_day in prop::option::of(prop::collection::vec((1_i64..=31, any::<bool>()).prop_map(|(day, end)| if end { -day } else { day }), 1..3)),
        day in 0_i64..20_000,
        second in 0_i64..86_400,
        ahead in 0_i64..1_500,
        count in prop::option::of(1_usize..40),
    ) {
        let list = |numbers: &[i64]| numbers.iter().map(i64::to_string).collect::<Vec<_>>().join(",");
        let mut text = format!("FREQ={freq};INTERVAL={interval}");
        if let Some(days) = &by_day { text += &format!(";BYDAY={}", days.join(",")); }
        if let Some(months) = &by_month { text += &format!(";BYMONTH={}", list(months)); }
        // RFC 5545 3.3.10: a weekly rule has no BYMONTHDAY.
        if let Some(days) = by_month_day.filter(|_| freq != "WEEKLY") { text += &format!(";BYMONTHDAY={}", list(&days)); }
        let start = Stamp { local: day * DAY + second, form: StampForm::Local };
        let span = 2_000;
        let mut expected = naive(&text, start.local, span);
        if let Some(count) = count {
            let outside = usize::from(expected.first() != Some(&start.local));
            expected.truncate(count - outside.min(count));
            text += &format!(";COUNT={count}");
        }
        let from = start.local + ahead * DAY;
        expected.retain(|at| *at >= from);
        let mut rule = Rule::read(&text).unwrap();
        rule.settle(start, |utc| utc).unwrap();
        let end = (day + span) * DAY;
        let found: Vec<i64> = Expansion::new(&rule, start.local, from).take_while(|at| *at < end).collect();
        prop_assert_eq!(found, expected, "{}", text);
    }
}
