//! Commands written for these tests.

use super::*;
use crate::command::Action;
use crate::label::Label;
use crate::parse::parse_article;

fn read(body: &str) -> Commands {
    read_provision(&parse_article(Label::number(57), "Sửa đổi các luật", body).law.units[0])
}

fn shown(c: &Commands) -> Vec<String> {
    c.commands
        .iter()
        .map(|c| {
            let to: Vec<String> = c.addresses.iter().map(Address::to_string).collect();
            let what = match &c.action {
                Action::Replace { new } => format!("replace {}", crate::command::named(new)),
                Action::Insert { new, after } => format!("insert {} after={after}", crate::command::named(new)),
                Action::Repeal => "repeal".into(),
                Action::Retitle { heading } => format!("retitle {heading}"),
                Action::Phrase { old, new } => format!("phrase {old}>{new}"),
                Action::PhraseBeside { near, new, after } => format!("beside {near}+{new} {after}"),
            };
            format!("{}|{}|{what}", c.target.as_ref().and_then(|t| t.number.clone()).unwrap_or_default(), to.join(", "))
        })
        .collect()
}

#[test]
fn containers_give_the_law_and_the_article_to_their_items() {
    let got = read(
        "1. Sửa đổi, bổ sung một số điều của Luật Vườn số 1/2030/QH20 như sau:\na) Bãi bỏ điểm g khoản 3 Điều 19;\n\
b) Sửa đổi, bổ sung điểm a khoản 2 Điều 8 như sau:\n“a) Mới;”.\n2. Sửa đổi, bổ sung một số khoản của Điều 4 của Luật Ao số 2/2030/QH20 như sau:\n\
a) Sửa đổi, bổ sung khoản 1 như sau:\n“1. Mới.”;\nb) Bổ sung khoản 1a vào sau khoản 1 như sau:\n“1a. Thêm.”.",
    );
    assert_eq!(got.flags, []);
    assert_eq!(
        shown(&got),
        [
            "1/2030/QH20|điểm g khoản 3 Điều 19|repeal",
            "1/2030/QH20|điểm a khoản 2 Điều 8|replace điểm a",
            "2/2030/QH20|khoản 1 Điều 4|replace khoản 1",
            "2/2030/QH20|khoản 1 Điều 4|insert khoản 1a after=true",
        ]
    );
}

#[test]
fn phrases_are_replaced_in_lists_over_several_laws() {
    let got = read(
        "Thay thế cụm từ “ao nhỏ” bằng cụm từ “ao” quy định tại điểm m khoản 1 Điều 35 và Điều 7 của Luật Ao số 2/2030/QH20; \
các điều 3, 20 của Luật Vườn, cây số 1/2030/QH20.\nBỏ cụm từ \"lá úa\" tại Điều 1 và Điều 5 của Luật Lá số 3/2030/QH20 đã được sửa đổi, bổ sung một số điều theo Luật số 4/2030/QH20, Điều 6 của Luật Ao số 2/2030/QH20;",
    );
    assert_eq!(got.flags, []);
    assert_eq!(
        shown(&got),
        [
            "2/2030/QH20|điểm m khoản 1 Điều 35, Điều 7|phrase ao nhỏ>ao",
            "1/2030/QH20|Điều 3, Điều 20|phrase ao nhỏ>ao",
            "3/2030/QH20|Điều 1, Điều 5|phrase lá úa>",
            "2/2030/QH20|Điều 6|phrase lá úa>",
        ]
    );
}

#[test]
fn two_commands_in_one_sentence_share_the_quotation() {
    let got = read(
        "1. Sửa đổi, bổ sung khoản 2 và bổ sung khoản 2a vào sau khoản 2 Điều 7 của Luật Ao số 2/2030/QH20 như sau:\n“2. Hai.\n2a. Hai a.”.\n\
2. Bổ sung Điều 12a và Điều 12b vào sau Điều 12 của Luật Ao số 2/2030/QH20 như sau:\n“Điều 12a. Một\nA.\nĐiều 12b. Hai\nB.”.",
    );
    assert_eq!(got.flags, []);
    assert_eq!(
        shown(&got),
        [
            "2/2030/QH20|khoản 2 Điều 7|replace khoản 2",
            "2/2030/QH20|khoản 2 Điều 7|insert khoản 2a after=true",
            "2/2030/QH20|Điều 12|insert Điều 12a, Điều 12b after=true",
        ]
    );
}

#[test]
fn what_is_conditional_unclear_or_without_text_is_flagged() {
    let reasons: Vec<Reason> = read(
        "1. Bãi bỏ Điều 5 của Luật Ao số 2/2030/QH20, trừ trường hợp quy định tại Điều 9.\n2. Sửa đổi, bổ sung khoản 2 Điều 7 của Luật Ao số 2/2030/QH20 như sau:\n“3. Ba.”.\n\
3. Sửa đổi, bổ sung Điều 8 của Luật Ao số 2/2030/QH20.\n4. Điều 9 của Luật Ao số 2/2030/QH20 được sửa đổi theo hướng mở.",
    )
    .flags
    .into_iter()
    .map(|f| f.reason)
    .collect();
    assert!(matches!(&reasons[0], Reason::Conditional { .. }), "{reasons:?}");
    assert!(matches!(&reasons[1], Reason::OtherUnits { .. }));
    assert_eq!(&reasons[2..], [Reason::NoText, Reason::UnknownFormula]);
}

#[test]
fn expiry_of_units_is_a_repeal_and_of_a_topic_a_flag() {
    let got = read(
        "Điều 5 và Chương V của Luật Ao số 2/2030/QH20 hết hiệu lực kể từ ngày Luật này có hiệu lực.\nNhững quy định về cá tại Chương II của Luật Hồ số 3/2030/QH20 hết hiệu lực thi hành kể từ ngày Luật này có hiệu lực.",
    );
    assert_eq!(shown(&got), ["2/2030/QH20|Điều 5, Chương V|repeal"]);
    assert_eq!(got.flags.len(), 1);
    assert_eq!(got.flags[0].addresses[0].to_string(), "Chương II");
}

#[test]
fn ordinary_provisions_command_nothing() {
    let got = read(
        "1. Luật này có hiệu lực thi hành từ ngày 01 tháng 01 năm 2031.\n2. Chính phủ quy định chi tiết Điều này.\n3. Việc sửa đổi hợp đồng do các bên thỏa thuận.",
    );
    assert_eq!(got, Commands::default());
}

#[test]
fn rarer_formulas_are_read_too() {
    let got = read(
        "1. Sửa đổi, bổ sung Điều 3 của Luật Ao số 2/2030/QH20 như sau:\na) Sửa đổi, bổ sung tên điều, khoản 1; bổ sung khoản 1a vào sau khoản 1 như sau:\n“Điều 3. Tên mới\n1. Một.\n1a. Một a.”;\nb) Bãi bỏ khoản 2.\n\
2. Bãi bỏ Điều 7 của Luật Ao số 2/2030/QH20; bỏ cụm từ “và; hoặc” tại Điều 8 của Luật Ao số 2/2030/QH20.\n\
3. Điểm đ khoản 1 Điều 2 của Luật Ao số 2/2030/QH20 được sửa đổi, bổ sung như sau:\n“đ) Mới.”.\n\
4. Bổ sung Điều 9a vào sau Điều 9 trong Chương II của Luật Ao số 2/2030/QH20 như sau:\n“Điều 9a. Mới\nM.”.\n\
5. Sửa đổi đoạn đầu khoản 1 Điều 10 của Luật Ao số 2/2030/QH20 như sau:\n“1. Mở đầu:”.",
    );
    assert_eq!(got.flags, []);
    assert_eq!(
        shown(&got),
        [
            "2/2030/QH20|Điều 3|retitle Tên mới",
            "2/2030/QH20|khoản 1 Điều 3|replace khoản 1",
            "2/2030/QH20|khoản 1 Điều 3|insert khoản 1a after=true",
            "2/2030/QH20|khoản 2 Điều 3|repeal",
            "2/2030/QH20|Điều 7|repeal",
            "2/2030/QH20|Điều 8|phrase và; hoặc>",
            "2/2030/QH20|điểm đ khoản 1 Điều 2|replace điểm đ",
            "2/2030/QH20|Điều 9|insert Điều 9a after=true",
            "2/2030/QH20|đoạn mở đầu khoản 1 Điều 10|replace khoản 1",
        ]
    );
}

#[test]
fn a_whole_law_is_repealed_by_its_number_only() {
    let got = read(
        "Luật Ao số 2/2030/QH20 và Luật số 3/2031/QH20 sửa đổi, bổ sung một số điều của Luật Ao hết hiệu lực kể từ ngày Luật này có hiệu lực.\nLuật Hồ năm 1990 hết hiệu lực kể từ ngày Luật này có hiệu lực.",
    );
    assert_eq!(shown(&got), ["2/2030/QH20||repeal", "3/2031/QH20||repeal"]);
    assert!(matches!(&got.flags[..], [f] if matches!(f.reason, Reason::WhichLaw { .. })));
}
