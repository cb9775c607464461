use super::*;
use proptest::prelude::*;

/// The definition of RFC 6962 section 2.1, word by word: slow and plain.
fn plain_root(leaves: &[Digest]) -> Digest {
    match leaves {
        [] => empty_root(),
        [one] => leaf(one),
        more => {
            let middle = split(more.len() as u64) as usize;
            node(&plain_root(&more[..middle]), &plain_root(&more[middle..]))
        }
    }
}

fn acts(count: u64) -> Vec<Digest> {
    (0..count).map(|n| Digest::of(&[&n.to_be_bytes()])).collect()
}

fn path(acts: &[Digest], runs: Vec<Run>) -> Vec<Digest> {
    runs.into_iter().map(|(start, end)| plain_root(&acts[start as usize..end as usize])).collect()
}

#[test]
fn roots_are_those_of_the_certificate_transparency_reference_vectors() {
    // The leaves and roots that the implementations of RFC 6962 test themselves with.
    let inputs = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
    let roots = [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];
    let mut frontier = Frontier::default();
    for (input, root) in inputs.iter().zip(roots) {
        // These leaves are bytes of any length; ours are always act hashes.
        frontier.push(Digest::of(&[&[0], &hex::decode(input).unwrap()]), |_, _, _| ());
        assert_eq!(frontier.root().to_string(), root);
    }
}

proptest! {
    #[test]
    fn every_act_of_every_log_has_a_proof_that_holds_for_it_alone(size in 1u64..300, at in 0u64..300, other in 0u64..300) {
        let (at, other) = (at % size, other % size);
        let acts = acts(size);
        let root = plain_root(&acts);
        let path = path(&acts, inclusion(at, size));
        prop_assert_eq!(root_of_path(at, size, leaf(&acts[at as usize]), &path), Some(root));
        if other != at {
            prop_assert_ne!(root_of_path(at, size, leaf(&acts[other as usize]), &path), Some(root));
            prop_assert_ne!(root_of_path(other, size, leaf(&acts[at as usize]), &path), Some(root));
        }
    }

    #[test]
    fn an_older_log_is_proved_to_be_the_beginning_and_a_changed_one_is_not(old in 1u64..200, more in 0u64..200, changed in 0u64..200) {
        let new = old + more;
        let acts = acts(new);
        let path = path(&acts, consistency(old, new));
        let (old_root, new_root) = (plain_root(&acts[..old as usize]), plain_root(&acts));
        prop_assert!(consistent(old, &old_root, new, &new_root, &path));
        let mut forged = acts.clone();
        forged[(changed % old) as usize] = Digest([0xff; 32]);
        prop_assert!(!consistent(old, &plain_root(&forged[..old as usize]), new, &new_root, &path));
        prop_assert!(!consistent(old, &old_root, new, &plain_root(&forged), &path));
    }

    #[test]
    fn a_growing_log_has_the_same_root_and_subtrees_as_the_definition(size in 0u64..300) {
        let acts = acts(size);
        let (mut frontier, mut made) = (Frontier::default(), std::collections::HashMap::new());
        for act in &acts {
            frontier.push(leaf(act), |level, place, hash| { made.insert((level, place), *hash); });
        }
        prop_assert_eq!(frontier.root(), plain_root(&acts));
        let hashes: Vec<Digest> = subtrees((0, size)).iter().map(|at| made[at]).collect();
        prop_assert_eq!(join(&hashes), plain_root(&acts));
        prop_assert_eq!(Frontier::resume(size, hashes).root(), plain_root(&acts));
    }

    #[test]
    fn no_path_of_the_wrong_length_is_accepted(size in 1u64..200, at in 0u64..200, extra in 0usize..3) {
        let at = at % size;
        let acts = acts(size);
        let mut path = path(&acts, inclusion(at, size));
        path.truncate(path.len().saturating_sub(1));
        let short = root_of_path(at, size, leaf(&acts[at as usize]), &path);
        if size > 1 { prop_assert_ne!(short, Some(plain_root(&acts))); }
        let mut long = path.clone();
        long.extend(std::iter::repeat_n(Digest::ZERO, 2 + extra));
        prop_assert_ne!(root_of_path(at, size, leaf(&acts[at as usize]), &long), Some(plain_root(&acts)));
    }
}
