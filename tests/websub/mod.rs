//! Feeds whose hubs push (WebSub): asked for, verified, delivered, renewed, given up; and every way
//! in which a hub, or somebody who would be one, can go wrong.

mod answers;
mod deliveries;
mod life;

use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::Value;

use crate::util::{
    Daemon, Database, Hub, Reply, Site, Tidings, channel,
    hub::{Asked, Manners},
    item,
};

/// A loopback address of this test's own, so that no other test takes the port.
fn listen() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    let (process, test) = (std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    format!("127.77.{}.{test}:8380", process % 250)
}

/// A document that names a hub and itself.
fn document(hub: &str, topic: &str, names: &[&str]) -> String {
    let items: String = names.iter().map(|name| item(name, name)).collect();
    let link = |rel, href| {
        format!(
            "<atom:link xmlns:atom=\"http://www.w3.org/2005/Atom\" rel=\"{rel}\" href=\"{href}\"/>"
        )
    };
    channel(
        "Pushed",
        &format!("{}{}{items}", link("hub", hub), link("self", topic)),
    )
}

/// A daemon whose feed `a` names a hub.
struct World {
    site: Site,
    hub: Hub,
    tidings: Tidings,
    daemon: Daemon,
}

impl World {
    fn settings(tidings: Tidings) -> Tidings {
        let listen = listen();
        tidings.settings(&format!(
            "[websub]\npublic_url = \"http://{listen}/tidings\"\nlisten = \"{listen}\"\n"
        ))
    }

    /// With a hub of these manners, and these lines about the feed.
    fn with(manners: Manners, lines: &str) -> Self {
        let (site, hub) = (Site::start(), Hub::start());
        hub.behave(manners);
        let topic = site.url("/a");
        let first = Reply::feed(document(&hub.url(), &topic, &["first"])).etag("\"1\"");
        site.serve("/a", first);
        let tidings = Self::settings(Tidings::new())
            .feed_toml(&format!("[[feed]]\nid = \"a\"\nurl = {topic:?}\n{lines}"));
        let daemon = tidings.spawn(&["run", "-v"]);
        Self {
            site,
            hub,
            tidings,
            daemon,
        }
    }

    /// Subscribed and verified.
    fn subscribed() -> (Self, Asked) {
        let mut world = Self::with(Manners::default(), "");
        let asked = world.hub.wait_for_asked(1).remove(0);
        assert_eq!(world.hub.wait_for_verified(1)[0].status, 200);
        world.daemon.wait_for_stderr_line("the hub pushes until");
        world.daemon.wait_for_stderr_line("a: 1 entry: 1 new");
        (world, asked)
    }

    fn document(&self, names: &[&str]) -> String {
        document(&self.hub.url(), &self.site.url("/a"), names)
    }

    fn shown(&self) -> Value {
        self.tidings
            .run(&["feed", "show", "a", "--json"])
            .ok()
            .json()
    }

    fn stop(self) -> Tidings {
        self.daemon.sigterm();
        self.daemon.wait().ok();
        self.tidings
    }
}

fn articles(tidings: &Tidings) -> i64 {
    Database::of(tidings).count("articles")
}
