//! What real servers do besides answering at once: delays, errors, and no answer at all.
//!
//! Which request meets which is counted and mixed, not rolled: the same run meets the same faults.

use std::time::Duration;

use clap::Args;

use crate::Result;

/// How the server behaves.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct Faults {
    /// Wait before each answer: a time such as 20ms, or a range such as 5ms..200ms.
    #[arg(long, value_parser = delay)]
    delay: Option<(Duration, Duration)>,
    /// Share of requests that go wrong, such as 2%: 500, 404, 429 with Retry-After, no answer.
    #[arg(long, value_parser = share, default_value = "0%")]
    errors: f64,
    /// The first address answers that much later than the others.
    #[arg(long, value_parser = humantime::parse_duration, value_name = "TIME")]
    pub(crate) slow: Option<Duration>,
}

/// One way to fail.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Fault {
    Broken,
    Missing,
    Throttled,
    Dropped,
}

impl Fault {
    /// Status line and headers; `None` where the connection is just closed.
    pub(crate) fn head(self) -> Option<&'static str> {
        match self {
            Self::Broken => Some("500 Internal Server Error\r\n"),
            Self::Missing => Some("404 Not Found\r\n"),
            Self::Throttled => Some("429 Too Many Requests\r\nRetry-After: 120\r\n"),
            Self::Dropped => None,
        }
    }
}

impl Faults {
    /// How long the request of that number waits.
    pub(crate) fn delay(&self, request: u64) -> Option<Duration> {
        let (least, most) = self.delay?;
        Some(least + (most - least).mul_f64(chance(request, 1)))
    }

    /// What goes wrong with the request of that number, if anything does.
    pub(crate) fn fault(&self, request: u64) -> Option<Fault> {
        const ALL: [Fault; 4] = [
            Fault::Broken,
            Fault::Missing,
            Fault::Throttled,
            Fault::Dropped,
        ];
        let is_faulty = chance(request, 2) < self.errors;
        is_faulty.then(|| ALL[(chance(request, 3) * 4.0) as usize % 4])
    }

    /// The same as arguments, for the server's process.
    pub(crate) fn args(&self) -> Vec<String> {
        let mut args = vec!["--errors".to_owned(), format!("{}%", self.errors * 100.0)];
        if let Some((least, most)) = self.delay {
            let text = |time| {
                humantime::format_duration(time)
                    .to_string()
                    .replace(' ', "")
            };
            args.push("--delay".to_owned());
            args.push(format!("{}..{}", text(least), text(most)));
        }
        if let Some(slow) = self.slow {
            args.push("--slow".to_owned());
            args.push(humantime::format_duration(slow).to_string());
        }
        args
    }
}

/// In 0..1, different for every request and purpose.
fn chance(request: u64, purpose: u64) -> f64 {
    let mut mixed = (request << 2 | purpose).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    (mixed >> 40) as f64 / (1_u64 << 24) as f64
}

fn delay(text: &str) -> Result<(Duration, Duration)> {
    let (least, most) = text.split_once("..").unwrap_or((text, text));
    let (least, most) = (
        humantime::parse_duration(least)?,
        humantime::parse_duration(most)?,
    );
    if least > most {
        return Err("the first time is the longer one".into());
    }
    Ok((least, most))
}

fn share(text: &str) -> Result<f64> {
    let percent: f64 = text.strip_suffix('%').unwrap_or(text).trim().parse()?;
    if (0.0..=100.0).contains(&percent) {
        Ok(percent / 100.0)
    } else {
        Err("from 0% to 100%".into())
    }
}
