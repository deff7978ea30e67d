//! The made-up people. Their numbers are ones that stand in every example, their addresses end in example.jp, which
//! nobody can have; the demo sends nothing anyway.

use crate::model::Role;

/// A made-up workplace.
pub(super) struct Company {
    pub slug: &'static str,
    pub name: &'static str,
    /// Whom to ask, in Japanese and English.
    pub contact_text: [&'static str; 2],
    pub people: &'static [Person],
}

/// Somebody made up. Who is not `known` has an invitation only.
pub(super) struct Person {
    pub login: &'static str,
    pub name: &'static str,
    pub kana: &'static str,
    pub department: &'static str,
    pub role: Role,
    pub mobile: Option<&'static str>,
    pub email: Option<&'static str>,
    pub known: Option<Known>,
}

/// Somebody with a password, for those who try the demo.
pub(super) struct Known {
    pub password: &'static str,
    pub what_ja: &'static str,
    pub what_en: &'static str,
    pub suspended: bool,
}

pub(super) const COMPANIES: &[Company] = &[
    Company {
        slug: "sakura",
        name: "さくら商事",
        contact_text: ["情報システム部(内線 1234)", "IT department, extension 1234"],
        people: SAKURA,
    },
    Company {
        slug: "minato",
        name: "みなと物流",
        contact_text: ["管理部(内線 20)", "Administration, extension 20"],
        people: MINATO,
    },
];

#[rustfmt::skip] // a table: one person a line
const SAKURA: &[Person] = &[
    Person { login: "sato", name: "佐藤 美咲", kana: "サトウ ミサキ", department: "総務部", role: Role::Owner, mobile: Some("090-1234-5001"), email: Some("sato@example.jp"), known: Some(Known { password: "penguin ladder marble", what_ja: "オーナー", what_en: "Misaki Sato, the owner", suspended: false }) },
    Person { login: "takahashi", name: "高橋 健", kana: "タカハシ ケン", department: "情報システム部", role: Role::Administrator, mobile: Some("090-1234-5002"), email: Some("takahashi@example.jp"), known: Some(Known { password: "violet kettle harbor", what_ja: "管理者", what_en: "Ken Takahashi, an administrator", suspended: false }) },
    Person { login: "tanaka", name: "田中 花子", kana: "タナカ ハナコ", department: "営業部", role: Role::Member, mobile: Some("090-1234-5003"), email: Some("tanaka@example.jp"), known: Some(Known { password: "cactus trumpet lemon", what_ja: "一般メンバー。携帯番号とメールを登録済みで、みなと物流にも ID があります", what_en: "Hanako Tanaka, a member with a mobile number and e-mail; she has an ID at Minato Logistics, too", suspended: false }) },
    Person { login: "suzuki", name: "鈴木 一郎", kana: "スズキ イチロウ", department: "営業部", role: Role::Member, mobile: None, email: None, known: Some(Known { password: "walnut bicycle cloud", what_ja: "一般メンバー。連絡先の登録がまだです", what_en: "Ichiro Suzuki, a member without any contact yet", suspended: false }) },
    Person { login: "yamamoto", name: "山本 大輔", kana: "ヤマモト ダイスケ", department: "物流部", role: Role::Member, mobile: Some("090-1234-5005"), email: None, known: Some(Known { password: "saddle thunder peach", what_ja: "利用停止中のメンバー", what_en: "Daisuke Yamamoto, a member who is suspended", suspended: true }) },
    Person { login: "ito", name: "伊藤 さくら", kana: "イトウ サクラ", department: "総務部", role: Role::HelpDesk, mobile: Some("090-1234-5006"), email: Some("ito@example.jp"), known: None },
    Person { login: "watanabe", name: "渡辺 直樹", kana: "ワタナベ ナオキ", department: "情報システム部", role: Role::Member, mobile: Some("090-1234-5007"), email: None, known: None },
    Person { login: "nakamura", name: "中村 優子", kana: "ナカムラ ユウコ", department: "経理部", role: Role::Member, mobile: None, email: Some("nakamura@example.jp"), known: None },
    Person { login: "kobayashi", name: "小林 誠", kana: "コバヤシ マコト", department: "経理部", role: Role::Member, mobile: None, email: None, known: None },
    Person { login: "kato", name: "加藤 由美", kana: "カトウ ユミ", department: "人事部", role: Role::Member, mobile: Some("090-1234-5010"), email: Some("kato@example.jp"), known: None },
    Person { login: "yoshida", name: "吉田 拓也", kana: "ヨシダ タクヤ", department: "営業部", role: Role::Member, mobile: Some("090-1234-5011"), email: None, known: None },
    Person { login: "yamada", name: "山田 恵", kana: "ヤマダ メグミ", department: "営業部", role: Role::Member, mobile: None, email: Some("yamada@example.jp"), known: None },
    Person { login: "sasaki", name: "佐々木 翔", kana: "ササキ ショウ", department: "営業部", role: Role::Member, mobile: None, email: None, known: None },
    Person { login: "yamaguchi", name: "山口 彩", kana: "ヤマグチ アヤ", department: "営業部", role: Role::Member, mobile: Some("090-1234-5014"), email: None, known: None },
    Person { login: "matsumoto", name: "松本 浩二", kana: "マツモト コウジ", department: "物流部", role: Role::Member, mobile: Some("090-1234-5015"), email: None, known: None },
    Person { login: "inoue", name: "井上 真理", kana: "イノウエ マリ", department: "物流部", role: Role::Member, mobile: None, email: None, known: None },
    Person { login: "kimura", name: "木村 隆", kana: "キムラ タカシ", department: "物流部", role: Role::Member, mobile: None, email: Some("kimura@example.jp"), known: None },
    Person { login: "hayashi", name: "林 千尋", kana: "ハヤシ チヒロ", department: "商品開発部", role: Role::Member, mobile: Some("090-1234-5018"), email: Some("hayashi@example.jp"), known: None },
    Person { login: "shimizu", name: "清水 亮", kana: "シミズ リョウ", department: "商品開発部", role: Role::Member, mobile: None, email: None, known: None },
    Person { login: "yamazaki", name: "山崎 奈々", kana: "ヤマザキ ナナ", department: "商品開発部", role: Role::Member, mobile: Some("090-1234-5020"), email: None, known: None },
    Person { login: "mori", name: "森 健太郎", kana: "モリ ケンタロウ", department: "商品開発部", role: Role::Member, mobile: None, email: Some("mori@example.jp"), known: None },
    Person { login: "abe", name: "阿部 久美子", kana: "アベ クミコ", department: "人事部", role: Role::Member, mobile: Some("090-1234-5022"), email: None, known: None },
    Person { login: "ikeda", name: "池田 純", kana: "イケダ ジュン", department: "営業部", role: Role::Member, mobile: None, email: None, known: None },
    Person { login: "hashimoto", name: "橋本 香織", kana: "ハシモト カオリ", department: "営業部", role: Role::Member, mobile: Some("090-1234-5024"), email: None, known: None },
    Person { login: "yamashita", name: "山下 哲也", kana: "ヤマシタ テツヤ", department: "物流部", role: Role::Member, mobile: None, email: None, known: None },
    Person { login: "ishikawa", name: "石川 沙織", kana: "イシカワ サオリ", department: "経理部", role: Role::Member, mobile: Some("090-1234-5026"), email: Some("ishikawa@example.jp"), known: None },
    Person { login: "nakajima", name: "中島 学", kana: "ナカジマ マナブ", department: "情報システム部", role: Role::Member, mobile: None, email: None, known: None },
    Person { login: "maeda", name: "前田 愛", kana: "マエダ アイ", department: "商品開発部", role: Role::Member, mobile: Some("090-1234-5028"), email: None, known: None },
    Person { login: "fujita", name: "藤田 修", kana: "フジタ オサム", department: "物流部", role: Role::Member, mobile: None, email: None, known: None },
    Person { login: "ogawa", name: "小川 千春", kana: "オガワ チハル", department: "総務部", role: Role::Member, mobile: None, email: Some("ogawa@example.jp"), known: None },
];

#[rustfmt::skip]
const MINATO: &[Person] = &[
    Person { login: "okada", name: "岡田 昭", kana: "オカダ アキラ", department: "管理部", role: Role::Owner, mobile: None, email: None, known: None },
    Person { login: "tanaka.h", name: "田中 花子", kana: "タナカ ハナコ", department: "配車", role: Role::Member, mobile: Some("090-1234-5003"), email: None, known: Some(Known { password: "ribbon volcano spoon", what_ja: "みなと物流での田中さんの ID。同じ携帯番号から復旧すると、両方の ID が表示されます", what_en: "Hanako Tanaka's ID at Minato Logistics; a recovery by her number shows both", suspended: false }) },
    Person { login: "goto", name: "後藤 進", kana: "ゴトウ ススム", department: "配車", role: Role::Member, mobile: None, email: None, known: None },
];
