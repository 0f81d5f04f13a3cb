//! Streams, files and folders: whole or not at all, the same bytes every time, inside the root.

use std::{collections::BTreeMap, fs};

use super::*;

fn dated(title: &str, date: &str) -> Article {
    Article {
        published_at: date.parse().ok(),
        published_from: DateSource::Import,
        id: ArticleId([7; 16]),
        ..article(title, "body")
    }
}

/// Every file below a folder with its content, but for the manifest.
fn tree(root: &Path) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if !path.ends_with("manifest.json") {
                let name = path
                    .strip_prefix(root)
                    .unwrap()
                    .to_str()
                    .unwrap()
                    .to_owned();
                files.insert(name, fs::read_to_string(&path).unwrap());
            }
        }
    }
    files
}

fn to_folder(root: &Path, articles: &[Article]) -> Summary {
    let target = Target::Directory(root);
    run(
        &mut Pages::new(articles),
        &Options::default(),
        target,
        &mut |_| {},
    )
    .unwrap()
}

/// Fails after the first article, as a store that goes away would.
struct Breaks(bool);

impl ArticleSource for Breaks {
    fn next_page(&mut self) -> Result<Vec<StoredArticle>, Box<dyn Error + Send + Sync>> {
        if std::mem::replace(&mut self.0, true) {
            return Err("the store went away".into());
        }
        Ok(vec![stored(article("T", "body"))])
    }
}

#[test]
fn a_title_that_changes_leaves_no_old_file_behind() {
    let root = tempfile::tempdir().unwrap();
    to_folder(root.path(), &[dated("Old title", "2019-11-05T16:55:07Z")]);
    assert!(tree(root.path()).contains_key("2019/11/2019-11-05-old-title-070707070707.md"));
    let again = to_folder(root.path(), &[dated("Old title", "2019-11-05T16:55:07Z")]);
    assert_eq!(
        again,
        Summary {
            articles: 1,
            unchanged: 1,
            ..Summary::default()
        }
    );
    let moved = to_folder(root.path(), &[dated("New", "2020-01-05T16:55:07Z")]);
    assert_eq!(
        moved,
        Summary {
            articles: 1,
            written: 1,
            removed: 1,
            ..Summary::default()
        }
    );
    let names: Vec<String> = tree(root.path()).into_keys().collect();
    assert_eq!(names, ["2020/01/2020-01-05-new-070707070707.md"]);
    assert!(!root.path().join("2019").exists());
}

#[test]
fn hostile_titles_stay_inside_the_folder_under_harmless_names() {
    let outer = tempfile::tempdir().unwrap();
    let root = outer.path().join("root");
    let titles = [
        "../../etc/passwd",
        "/etc/passwd",
        "..",
        ".hidden",
        "CON",
        "nul.txt",
        "a\0b\\c:d",
        "中文",
        "Éa ﬁ",
        &"x".repeat(5000),
    ];
    let articles: Vec<Article> = titles.iter().map(|title| article(title, "")).collect();
    to_folder(&root, &articles);
    let files = tree(outer.path());
    assert_eq!(files.len(), titles.len());
    for name in files.keys() {
        let name = name.strip_prefix("root/undated/").unwrap();
        assert!(name.len() <= 80 + 1 + 12 + 3, "{name}");
        let stem = name.strip_suffix(".md").unwrap();
        assert!(
            stem.bytes()
                .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-')),
            "{name}"
        );
        assert!(!stem.starts_with('-'));
    }
    assert!(
        files
            .keys()
            .any(|name| name.starts_with("root/undated/ea-fi-"))
    );
}

#[test]
fn files_that_are_not_the_exports_own_are_left_alone() {
    let root = tempfile::tempdir().unwrap();
    fs::create_dir_all(root.path().join("undated")).unwrap();
    for name in [
        "notes.md",
        "undated/my-notes.md",
        "undated/photo-070707070707.png",
    ] {
        fs::write(root.path().join(name), "mine").unwrap();
    }
    fs::write(
        root.path().join("undated/.tidings-x.tmp"),
        "left by a killed export",
    )
    .unwrap();
    to_folder(
        root.path(),
        &[Article {
            id: ArticleId([7; 16]),
            ..article("T", "")
        }],
    );
    assert_eq!(tree(root.path()).len(), 4);
}

#[test]
fn a_failed_export_leaves_the_old_file_and_nothing_else() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("all.md");
    fs::write(&path, "old").unwrap();
    for target in [Target::File(&path), Target::Directory(root.path())] {
        let error = run(&mut Breaks(false), &Options::default(), target, &mut |_| {}).unwrap_err();
        assert!(matches!(error, ExportError::Source(_)), "{error}");
    }
    assert_eq!(
        tree(root.path()),
        BTreeMap::from([("all.md".into(), "old".into())])
    );
}

#[test]
fn a_file_is_replaced_whole_and_left_alone_when_it_would_not_change() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("all.jsonl");
    let export = |title: &str| {
        run(
            &mut Pages::new(&[article(title, "")]),
            &Format::Jsonl.into(),
            Target::File(&path),
            &mut |_| {},
        )
        .unwrap()
    };
    assert_eq!(export("A").written, 1);
    assert_eq!(export("A").unchanged, 1);
    assert_eq!(export("B").written, 1);
    assert!(
        fs::read_to_string(&path)
            .unwrap()
            .contains("\"title\":\"B\"")
    );
    assert_eq!(tree(root.path()).len(), 1);
}

#[test]
fn a_place_that_cannot_be_written_is_named_with_a_remedy() {
    let root = tempfile::tempdir().unwrap();
    let file = root.path().join("file");
    fs::write(&file, "").unwrap();
    let fails = |target: Target<'_>| {
        run(
            &mut Pages::new(&[article("T", "")]),
            &Format::Markdown.into(),
            target,
            &mut |_| {},
        )
        .unwrap_err()
        .to_string()
    };
    let under_file = fails(Target::Directory(&file.join("sub")));
    assert!(
        under_file.contains("file/sub: a file stands where a folder is needed"),
        "{under_file}"
    );
    let missing = fails(Target::File(&root.path().join("no/such.md")));
    assert!(
        missing.contains("no/such.md: the folder does not exist; create it first"),
        "{missing}"
    );
    let folder = fails(Target::File(root.path()));
    assert!(
        folder.contains("a folder stands where a file is needed"),
        "{folder}"
    );
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_named_and_a_device_is_written_not_replaced() {
    let full = Path::new("/dev/full");
    let target = Target::File(full);
    let error = run(
        &mut Pages::new(&[article("T", "")]),
        &Format::Jsonl.into(),
        target,
        &mut |_| {},
    );
    assert!(error.unwrap_err().to_string().contains("no space is left"));
    let null = Target::File(Path::new("/dev/null"));
    run(
        &mut Pages::new(&[article("T", "")]),
        &Format::Jsonl.into(),
        null,
        &mut |_| {},
    )
    .unwrap();
    assert!(!fs::metadata("/dev/null").unwrap().is_file());
}

/// A reader that goes away at once.
struct Closed;

impl Write for Closed {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::BrokenPipe.into())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_reader_that_goes_away_is_a_clean_end_of_its_own_kind() {
    for format in Format::ALL {
        let long = article("T", &"word ".repeat(50_000));
        for body in [long, article("T", "short")] {
            let target = Target::Stream(&mut Closed);
            let error = run(
                &mut Pages::new(&[body]),
                &format.into(),
                target,
                &mut |_| {},
            )
            .unwrap_err();
            assert!(matches!(error, ExportError::PipeClosed), "{error:?}");
        }
    }
}
