//! The rows of the table.

mod activity;
mod events;
mod lists;
mod outage;
mod overload;
mod start;
mod wall;

use std::time::Instant;

use anyhow::bail;

use crate::table::Table;

/// Names in the order in which they are measured: the quiet ones first.
pub(crate) const ROWS: [&str; 7] = [
    events::ROW,
    start::ROW,
    wall::ROW,
    activity::ROW,
    lists::ROW,
    outage::ROW,
    overload::ROW,
];

/// Measures the named rows; a row that cannot be measured is told in the table and ends none of the others.
pub(crate) async fn measure(
    named: &[String],
    quick: bool,
    table: &mut Table,
) -> anyhow::Result<()> {
    if let Some(unknown) = named.iter().find(|name| !ROWS.contains(&name.as_str())) {
        bail!("there is no row {unknown}; there are {}", ROWS.join(", "));
    }
    for row in ROWS {
        if !named.is_empty() && !named.iter().any(|name| name == row) {
            continue;
        }
        let began = Instant::now();
        println!("{row} …");
        let measured = match row {
            events::ROW => events::measure(quick, table).await,
            start::ROW => start::measure(quick, table).await,
            wall::ROW => wall::measure(quick, table).await,
            activity::ROW => activity::measure(quick, table).await,
            lists::ROW => lists::measure(quick, table).await,
            outage::ROW => outage::measure(quick, table).await,
            _ => overload::measure(quick, table).await,
        };
        if let Err(error) = measured {
            table.fail(row, &error);
        }
        println!("{row}: {:.0} s", began.elapsed().as_secs_f64());
    }
    Ok(())
}
