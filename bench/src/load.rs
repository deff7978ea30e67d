//! Drives clients side by side for a while, and tells how many steps they made and how long each took.

use std::time::{Duration, Instant};

use anyhow::Result;
use futures_util::stream::{FuturesUnordered, TryStreamExt as _};
use serde::Serialize;

use crate::machine::{all_cpu_seconds, cpu_seconds};

/// What a run showed.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Run {
    pub per_second: f64,
    pub p50_ms: f64,
    pub p99_ms: f64,
    /// Processor time of server and load generator for each step, without the database's. It hardly minds others' work.
    pub cpu_ms: f64,
    /// Processors that the load generator itself kept busy.
    pub own_cpus: f64,
    /// Processors that the server kept busy, without its database's.
    pub server_cpus: f64,
    /// Processors that everybody else on the machine kept busy: PostgreSQL, and whoever spoils the figures.
    pub other_cpus: f64,
}

/// Every client makes one step after the other until `time` is over; what has begun is finished and counts.
pub async fn drive<C>(
    clients: &mut [C],
    time: Duration,
    server: Option<u32>,
    step: impl AsyncFn(&mut C) -> Result<()>,
) -> Result<Run> {
    let start = Instant::now();
    drive_while(clients, || start.elapsed() < time, server, step).await
}

/// The same for as long as there is `more` to do. Nothing is awaited between the question and the step.
pub async fn drive_while<C>(
    clients: &mut [C],
    more: impl Fn() -> bool,
    server: Option<u32>,
    step: impl AsyncFn(&mut C) -> Result<()>,
) -> Result<Run> {
    let cpu = || (cpu_seconds(None), server.map_or(0.0, |pid| cpu_seconds(Some(pid))));
    let (own, servers) = cpu();
    let everybody = all_cpu_seconds();
    let start = Instant::now();
    let all: FuturesUnordered<_> = clients
        .iter_mut()
        .map(|client| {
            let (step, more) = (&step, &more);
            async move {
                let mut times = Vec::new();
                while more() {
                    let begun = Instant::now();
                    step(client).await?;
                    times.push(begun.elapsed());
                }
                anyhow::Ok(times)
            }
        })
        .collect();
    let times: Vec<Vec<Duration>> = all.try_collect().await?;
    let seconds = start.elapsed().as_secs_f64();
    let (own_after, servers_after) = cpu();
    let ours = own_after - own + servers_after - servers;
    let others = (all_cpu_seconds() - everybody - ours).max(0.0);
    let mut ms: Vec<f64> = times.iter().flatten().map(|time| time.as_secs_f64() * 1e3).collect();
    ms.sort_by(f64::total_cmp);
    Ok(Run {
        per_second: count(ms.len()) / seconds,
        p50_ms: percentile(&ms, 50),
        p99_ms: percentile(&ms, 99),
        cpu_ms: ours * 1e3 / count(ms.len()),
        own_cpus: (own_after - own) / seconds,
        server_cpus: (servers_after - servers) / seconds,
        other_cpus: others / seconds,
    })
}

/// Of sorted numbers, the smallest that so many per cent do not exceed.
pub fn percentile(sorted: &[f64], per_cent: usize) -> f64 {
    let rank = (sorted.len() * per_cent).div_ceil(100).max(1);
    sorted.get(rank - 1).copied().unwrap_or(f64::NAN)
}

/// The one in the middle.
pub fn median(numbers: impl IntoIterator<Item = f64>) -> f64 {
    let mut numbers: Vec<f64> = numbers.into_iter().collect();
    numbers.sort_by(f64::total_cmp);
    let half = numbers.len() / 2;
    match numbers.len() {
        0 => f64::NAN,
        odd if odd % 2 == 1 => numbers[half],
        _ => f64::midpoint(numbers[half - 1], numbers[half]),
    }
}

/// Of several runs, the middle of each figure.
pub fn middle(runs: &[Run]) -> Run {
    let of = |figure: fn(&Run) -> f64| median(runs.iter().map(figure));
    Run {
        per_second: of(|run| run.per_second),
        p50_ms: of(|run| run.p50_ms),
        p99_ms: of(|run| run.p99_ms),
        cpu_ms: of(|run| run.cpu_ms),
        own_cpus: of(|run| run.own_cpus),
        server_cpus: of(|run| run.server_cpus),
        other_cpus: of(|run| run.other_cpus),
    }
}

#[expect(clippy::cast_precision_loss, reason = "nothing is counted here up to 2^52")]
pub fn count(number: usize) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_and_medians_are_what_the_words_say() {
        let hundred: Vec<f64> = (1_u8..=100).map(f64::from).collect();
        assert!((percentile(&hundred, 50) - 50.0).abs() < 1e-9);
        assert!((percentile(&hundred, 99) - 99.0).abs() < 1e-9);
        assert!((percentile(&[7.0], 99) - 7.0).abs() < 1e-9);
        assert!(percentile(&[], 99).is_nan());
        assert!((median([3.0, 1.0, 2.0]) - 2.0).abs() < 1e-9);
        assert!((median([4.0, 1.0, 2.0, 3.0]) - 2.5).abs() < 1e-9);
    }
}
