"""Writes common.txt beside this file. Argument: path of zxcvbn's frequency_lists.rs. See README.md."""

import pathlib
import re
import sys
import unicodedata

words = set()


def add(word):
    word = unicodedata.normalize("NFKC", word).lower()
    if word and not word.startswith("# "):
        words.add(word)


source = pathlib.Path(sys.argv[1]).read_text()
listed = re.search(r'const PASSWORDS: &str\s*=\s*"([^"]*)"', source).group(1).split(",")
short = [word for word in listed if 4 <= len(word) < 8]
for word in [word for word in listed if len(word) >= 8] + short[:6000]:
    add(word)

# Words of Japanese habit: with the endings below, and as stems (the judge strips digits and signs by itself).
romaji = """sakura tanaka suzuki satou sato takahashi watanabe itou ito yamamoto nakamura kobayashi katou kato yoshida yamada sasaki yamaguchi matsumoto inoue
kimura hayashi shimizu tokyo osaka nagoya yokohama kyoto fukuoka sapporo okinawa hokkaido nippon nihon japan aishiteru daisuki arigatou arigato konnichiwa ohayou
sayonara ganbare gambare ganbaru hanako taro tarou ichiro ichirou jiro jirou doraemon pikachu pokemon naruto onepiece dragonball totoro ghibli gundam hanshin tigers
giants dragons carp hawks kaisha himawari momiji tsubasa hikari nozomi kodama fujisan samurai ninja sushi ramen matsuri hanabi kawaii yakyuu soccer baseball
neko inu usagi kuma tora hana hoshi tsuki taiyou sora umi yama kaze yuki ame haru natsu aki fuyu shinkansen pasuwaado pasuwado lineworks welcome
password passwd admin administrator letmein qwerty changeme secret login user guest test temp office company manager shachou shain""".split()
endings = ["1234", "12345", "123456", "12345678", "0000", "1111", "2024", "2025", "2026", "2027", "!", "123!", "@123", "#1", "love"]
for word in romaji:
    add(word)
    add(word * 2)
    add(word * 3)
    for ending in endings:
        if len(word + ending) >= 8:
            add(word + ending)
for word in romaji:
    for other in ["password", "admin", "company", "kaisha", "japan", "tokyo", "love", "daisuki"]:
        add(word + other)
        add(other + word)

for word in ["p@ssw0rd", "p@ssword", "passw0rd", "pa55word", "pa55w0rd", "passw@rd", "p4ssw0rd", "pssword", "パスワード", "ぱすわーど", "さくら", "ありがとう", "愛してる", "大好き",
             "correcthorsebatterystaple", "correct horse battery staple!", "thisismypassword", "mypasswordissecret", "iamthepassword", "itsasecrettoeverybody",
             "nopasswordneeded", "ihavenopassword", "letmeinletmein", "letmeinplease", "iloveyouiloveyou", "ilovemyfamily", "iloveyouforever", "opensesame",
             "passwordpassword", "passwordpasswordpassword", "adminadminadmin", "administrator1", "administratorpassword", "adminpassword", "welcomewelcome",
             "welcometojapan", "welcome to japan", "changemechangeme", "changethispassword", "changeme please", "newpassword", "temporarypassword", "kaishanopasuwaado",
             "watashinopasuwaado", "pasuwaadopasuwaado", "himitsunopasuwaado", "hirakegoma", "abcdefghijklmno", "abcdefghijklmnop", "abcdefghijklmnopqrstuvwxyz", "abcd1234abcd1234",
             "abc123abc123abc", "abc123abc123abc123", "aaaaaaaaaaaaaaa", "testtesttesttest", "qwertyqwertyqwerty", "qwerty1234567890", "1234567890qwerty", "q1w2e3r4t5y6u7i8",
             "q1w2e3r4t5y6u7i8o9p0", "1q2w3e4r5t6y7u8i", "1q2w3e4r5t6y7u8i9o0p", "1a2b3c4d5e6f7g8h", "a1b2c3d4e5f6g7h8", "asdfghjklasdfghjkl", "zaq12wsxcde34rfv"]:
    add(word)

# Digits and keyboard walks, there and back, cut at every length from 8 to 26.
walks = ["1234567890", "0987654321", "qwertyuiopasdfghjklzxcvbnm", "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik", "qazwsxedcrfvtgbyhnujmikolp", "zaq1xsw2cde3vfr4bgt5nhy6mju7",
         "!qaz@wsx#edc$rfv%tgb", "zxcvbnmasdfghjklqwertyuiop", "asdfghjklqwertyuiop", "poiuytrewqlkjhgfdsamnbvcxz", "1q2w3e4r5t6y7u8i9o0p", "qawsedrftgyhujikolp", "147258369", "159357",
         "abcdefghijklmnopqrstuvwxyz", "zyxwvutsrqponmlkjihgfedcba", "112233445566778899", "1122334455667788990011", "123123", "321321", "asdf", "qwer", "zxcv", "qwerasdfzxcv", "1234qwerasdfzxcv", "qwer1234asdf5678"]
for walk in walks:
    for length in range(8, 27):
        add((walk * 7)[:length])
for digit in "0123456789":
    for length in range(8, 25):
        add(digit * length)

target = pathlib.Path(__file__).with_name("common.txt")
target.write_text("\n".join(sorted(words)) + "\n")
print(len(words), "passwords")
