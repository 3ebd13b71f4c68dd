use super::*;
use crate::sample::*;

#[test]
fn look() {
    let mut plans: Vec<_> = (1..=38)
        .map(|n| plan_of(&format!("web{n:02}")).changed(NOW - 86_400 * 3 - n * 4000))
        .collect();
    plans.push(plan_of("db1").greenfield("sidekiq", "/srv/sidekiq"));
    plans.push(plan_of("db2").unchanged(7));
    let r = unreachable(report(plans), "web39");
    println!("{}", render(&r, &narrow()));
    println!(
        "{}",
        render(
            &report(vec![plan_of("h1").greenfield("deploy", "/home/deploy")]),
            &Options {
                width: 120,
                ..Options::default()
            }
        )
    );
    println!(
        "{}",
        render(
            &report(vec![plan_of("h1").changed(NOW - 100)]),
            &Options {
                width: 80,
                unicode: false,
                ..Options::default()
            }
        )
    );
}
