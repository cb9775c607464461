use crate::notes::*;
use journal::{Change, ConsistencyProof, Expected, Proof, ProofError, TreeSigner as _, merkle};
use std::process::{Command, Stdio};
use testkit::Db;

testkit::on_both_engines! {
    async fn every_sealed_act_is_proved_to_anybody_who_holds_the_public_key(db: Db) {
        let journal = open(&db).await;
        assert!(journal.seal_once().await.unwrap().is_none());
        let key = testkit::engines::tree_key().public_key();
        let mut acts = Vec::new();
        let mut heads = Vec::new();
        // Sizes around the stored levels: 16 and 256 leaves.
        for size in [1usize, 2, 3, 15, 16, 17, 100, 256, 300] {
            while acts.len() < size {
                let mut change = Change::new().on(stream(&format!("n{}", acts.len())), Expected::New);
                let room = (size - acts.len()).min(40);
                for _ in 0..room {
                    change = change.act(written("n", "a", "inbox"));
                }
                acts.extend(journal.commit(&ctx(), change).await.unwrap().acts);
            }
            heads.push(journal.seal_once().await.unwrap().unwrap());
            assert_eq!(heads.last().unwrap().head.size as usize, size);
            for at in (0..size).step_by(7).chain([size - 1]) {
                let act = &acts[at];
                let proof = journal.proof(&act.stream, act.version).await.unwrap().unwrap();
                let told: Proof = serde_json::from_str(&serde_json::to_string(&proof).unwrap()).unwrap();
                assert_eq!(told.check(&act.hash, &key), Ok(()));
                assert_eq!(told.leaf_index as usize, at);
                assert_eq!(told.check(&kernel::Digest([9; 32]), &key), Err(ProofError::WrongPath));
            }
            for old in &heads {
                let proof = journal.consistency(old.head.size as i64).await.unwrap().unwrap();
                let told: ConsistencyProof = serde_json::from_str(&serde_json::to_string(&proof).unwrap()).unwrap();
                assert_eq!(told.check(&old.head.root, &key), Ok(()));
                let wrong = told.check(&kernel::Digest([9; 32]), &key);
                assert_eq!(wrong, Err(ProofError::WrongPath));
            }
        }
        let plain = acts.iter().map(|act| merkle::leaf(&act.hash)).collect::<Vec<_>>();
        assert_eq!(heads.last().unwrap().head.root, plain_root(&plain));
        let unsealed = journal.commit(&ctx(), writing("late", "a")).await.unwrap();
        assert!(journal.proof(&unsealed.acts[0].stream, 1).await.unwrap().is_none());
        assert!(journal.proof(&stream("nowhere"), 1).await.unwrap().is_none());
        assert!(journal.consistency(1000).await.unwrap().is_none());
        let summary = assert_clean(&journal).await;
        assert_eq!((summary.heads, summary.acts), (9, 301));
    }

    async fn the_sealer_follows_the_work_until_it_is_told_to_stop(db: Db) {
        let journal = open(&db).await;
        let (stop, stopped) = tokio::sync::watch::channel(false);
        let sealer = journal.clone();
        let running = tokio::spawn(async move {
            sealer.run_sealer(std::time::Duration::from_millis(5), stopped).await;
        });
        for n in 0..30 {
            journal.commit(&ctx(), writing(&format!("n{n}"), "a")).await.unwrap();
        }
        stop.send(true).unwrap();
        running.await.unwrap();
        assert_eq!(journal.tree_head().await.unwrap().unwrap().head.size, 30);
        assert_clean(&journal).await;
    }
}

/// RFC 6962 section 2.1 word by word, over leaf hashes.
fn plain_root(leaves: &[kernel::Digest]) -> kernel::Digest {
    if leaves.len() == 1 {
        return leaves[0];
    }
    let middle = leaves.len().next_power_of_two() / 2;
    merkle::node(&plain_root(&leaves[..middle]), &plain_root(&leaves[middle..]))
}

#[tokio::test]
async fn openssl_accepts_the_signature_of_a_head_and_sha256sum_its_leaf() {
    let db = Db::sqlite();
    let journal = open(&db).await;
    let act = journal.commit(&ctx(), writing("n1", "a")).await.unwrap().acts.remove(0);
    let head = journal.seal_once().await.unwrap().unwrap();
    let folder = db.folder();
    std::fs::write(folder.join("head.txt"), head.head.signed_text()).unwrap();
    std::fs::write(folder.join("head.sig"), &head.signature).unwrap();
    std::fs::write(folder.join("key.pem"), testkit::engines::tree_key().public_key().pem()).unwrap();
    let openssl = |args: &[&str]| {
        let output = Command::new("openssl").args(args).current_dir(&folder).stdin(Stdio::null()).output();
        let output = output.expect("openssl is installed");
        (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned())
    };
    let verify = ["dgst", "-sha256", "-verify", "key.pem", "-signature", "head.sig", "head.txt"];
    assert_eq!(openssl(&verify), (true, "Verified OK\n".to_owned()));
    std::fs::write(folder.join("head.txt"), head.head.signed_text().replace('1', "2")).unwrap();
    assert!(!openssl(&verify).0);

    // One act: the leaf is the root. Both hashes are those of plain files.
    let row = journal.reader().row("SELECT envelope FROM acts", &[]).await.unwrap().unwrap();
    std::fs::write(folder.join("act"), [&[0; 32], row.text("envelope").unwrap().as_bytes()].concat()).unwrap();
    assert!(openssl(&["dgst", "-sha256", "-r", "act"]).1.starts_with(&act.hash.to_string()));
    std::fs::write(folder.join("leaf"), [&[0u8][..], act.hash.bytes()].concat()).unwrap();
    assert!(openssl(&["dgst", "-sha256", "-r", "leaf"]).1.starts_with(&head.head.root.to_string()));
}
