"""Bytes to text to tree: encodings, damaged pages, and what is refused."""

from __future__ import annotations

import gzip
import time
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from boilerplate.encoding import decode
from boilerplate.errors import EmptyPageError, NotHTMLError
from boilerplate.page import Page, parse

RUSSIAN = (
    "Сегодня утром в городе прошёл сильный дождь, и несколько улиц оказались под водой. Жителей просят "
    "оставаться дома, пока службы не закончат работу. Движение автобусов восстановят к вечеру."
)
JAPANESE = "今日は朝から雨が降りました。市内のいくつかの道路が水に浸かり、住民は家にいるように求められています。"
CHINESE = "今天早上城里下了大雨，几条街道被水淹没。居民被要求留在家里，直到工作完成。公共汽车将在晚上恢复运行。"
KOREAN = "오늘 아침 도시에 큰비가 내려 여러 거리가 물에 잠겼습니다. 주민들은 집에 머물러 달라는 요청을 받았습니다."
SPANISH = "Mañana lloverá en toda la región, según informó el servicio meteorológico. ¿Habrá más días así? Sí."
GERMAN = "Am Morgen fiel starker Regen über der Stadt, mehrere Straßen stehen unter Wasser – für Stunden."
POLISH = "Dziś rano w mieście spadł ulewny deszcz, a kilka ulic jest pod wodą. Mieszkańców proszą, żeby zostali."
CZECH = "Dnes ráno ve městě silně pršelo a několik ulic je pod vodou. Obyvatelé mají zůstat doma, říkají úřady."


def text_of(page: Page) -> str:
    return "".join(page.root.itertext(etree.Element))


def body_text(page: Page) -> str:
    body = page.root.find("body")
    assert body is not None
    return "".join(body.itertext(etree.Element))


# Encodings


@pytest.mark.parametrize(
    ("mark", "codec", "name"),
    [
        (b"\xef\xbb\xbf", "utf-8", "utf-8"),
        (b"\xff\xfe", "utf-16-le", "utf-16le"),
        (b"\xfe\xff", "utf-16-be", "utf-16be"),
        (b"\xff\xfe\x00\x00", "utf-32-le", "utf-32le"),
        (b"\x00\x00\xfe\xff", "utf-32-be", "utf-32be"),
    ],
)
def test_byte_order_mark_decides(mark: bytes, codec: str, name: str) -> None:
    data = mark + f'<meta charset="koi8-r"><p>{RUSSIAN}'.encode(codec)
    page = parse(data, charset="latin1")
    assert (page.encoding, body_text(page), page.notes) == (name, RUSSIAN, ())


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("start", ["<!DOCTYPE html>", "  \r\n<p>", "Plain English text without any tag at the start"])
def test_utf16_without_mark(codec: str, start: str) -> None:
    page = parse((start + f"<p>{CHINESE}").encode(codec))
    assert page.encoding == codec.replace("-le", "le").replace("-be", "be")
    assert CHINESE in text_of(page)


def test_utf16_given_by_caller() -> None:
    page = parse(f"<p>{CHINESE}".encode("utf-16-be"), charset="UTF-16BE")
    assert (page.encoding, body_text(page)) == ("utf-16be", CHINESE)


def test_given_charset_is_honoured() -> None:
    page = parse(f'<meta charset="utf-8"><p>{RUSSIAN}'.encode("koi8-r"), charset=" KOI8-R ")
    assert (page.encoding, body_text(page), page.notes) == ("koi8-r", RUSSIAN, ())


@pytest.mark.parametrize("label", ["no-such-charset", "utf-7", "\x00", "ü", "replacement", "rot13", "x" * 10_000])
def test_unknown_given_charset_is_noted(label: str) -> None:
    text, encoding, notes = decode(b'<meta charset="iso-8859-2"><p>\xb1', charset=label)
    assert encoding == "iso-8859-2"
    assert text.endswith("ą")
    assert len(notes) == 1
    assert "unknown" in notes[0]
    assert len(notes[0]) < 300


@pytest.mark.parametrize("charset", [None, "", "  "])
def test_no_charset(charset: str | None) -> None:
    assert decode("<p>größer".encode(), charset=charset) == ("<p>größer", "utf-8", ())


@pytest.mark.parametrize("label", ["utf-7", "UTF-7", "unicode-1-1-utf-7", "x-utf-7"])
def test_utf_7_is_no_encoding(label: str) -> None:
    # Read as that, harmless letters become markup.
    html = f"<meta charset={label}><p>+ADw-script+AD4-".encode()
    for page in (parse(html, charset=label), parse(html), parse(html + b"\xff", charset=label)):
        assert "+ADw-script+AD4-" in text_of(page)
        assert not page.root.xpath("//script")


@pytest.mark.parametrize(
    ("codec", "label", "name", "text"),
    [
        ("gb18030", "gb2312", "gbk", CHINESE),
        ("gbk", "GBK", "gbk", CHINESE),
        ("gb18030", "gb18030", "gb18030", CHINESE),
        ("big5", "big5", "big5", "今天早上城裡下了大雨"),
        ("cp932", "Shift_JIS", "shift_jis", JAPANESE + "①～"),
        ("euc_jp", "euc-jp", "euc-jp", JAPANESE),
        ("iso2022_jp", "iso-2022-jp", "iso-2022-jp", JAPANESE),
        ("cp949", "euc-kr", "euc-kr", KOREAN + "똠"),
        ("cp1251", "windows-1251", "windows-1251", RUSSIAN),
        ("cp1252", "iso-8859-1", "windows-1252", GERMAN),
        ("cp1252", "x-user-defined", "windows-1252", GERMAN),
        ("iso8859_2", "latin2", "iso-8859-2", POLISH),
    ],
)
@pytest.mark.parametrize(
    "declaration",
    [
        "<meta charset={}>",
        '<!-- <meta charset="koi8-r"> --><META  CHARSET = "{}" />',
        "<meta http-equiv='Content-Type' content='text/html; charset={}'>",
        '<meta content="text/html;charset={}" http-equiv=content-type>',
        '<meta name="description" content="charset=koi8-r"><meta charset="{}">',
        '<?xml version="1.0" encoding="{}"?>',
    ],
)
def test_declared_charset(codec: str, label: str, name: str, text: str, declaration: str) -> None:
    page = parse((declaration.format(label) + f"<p>{text}").encode(codec))
    assert (page.encoding, body_text(page), page.notes) == (name, text, ())


@pytest.mark.parametrize("label", ["iso-8859-1", "gb2312", "utf-16", "nonsense"])
def test_utf8_is_utf8_whatever_meta_says(label: str) -> None:
    page = parse(f'<meta charset="{label}"><p>{RUSSIAN}'.encode())
    assert (page.encoding, body_text(page)) == ("utf-8", RUSSIAN)


def test_meta_does_not_make_lxml_decode_again() -> None:
    page = parse(f'<meta http-equiv="content-type" content="text/html; charset=gb2312"><p>{RUSSIAN}')
    assert (page.encoding, body_text(page)) == ("str", RUSSIAN)


def test_unknown_declared_charset_is_noted() -> None:
    page = parse(f'<meta charset="nonsense"><p>{RUSSIAN}'.encode("cp1251"))
    assert (page.encoding, body_text(page)) == ("windows-1251", RUSSIAN)
    assert any("nonsense" in note for note in page.notes)


@pytest.mark.parametrize("label", ["utf-8", "utf-16"])
def test_declared_utf8_that_is_not(label: str) -> None:
    page = parse(f'<meta charset="{label}"><p>{GERMAN}'.encode("cp1252"))
    assert (page.encoding, body_text(page)) == ("windows-1252", GERMAN)
    assert any("was guessed" in note for note in page.notes)


def test_damaged_utf8_stays_utf8() -> None:
    page = parse(b'<meta charset="iso-8859-1"><p>' + RUSSIAN.encode() + b"\xff" + RUSSIAN.encode())
    assert (page.encoding, body_text(page)) == ("utf-8", f"{RUSSIAN}\ufffd{RUSSIAN}")
    assert any("U+FFFD" in note for note in page.notes)


@pytest.mark.parametrize("cut", [1, 2])
def test_truncated_multibyte_sequence(cut: int) -> None:
    page = parse('<meta charset="iso-8859-1"><p>für 5 €'.encode()[:-cut])
    assert (page.encoding, body_text(page)) == ("utf-8", "für 5 \ufffd")
    page = parse(f"<p>{JAPANESE}".encode("cp932")[:-1], charset="shift_jis")
    assert body_text(page) == JAPANESE[:-1] + "\ufffd"


def test_last_byte_of_latin1_is_no_truncated_utf8() -> None:
    assert decode(b"<p>caf\xe9")[:2] == ("<p>café", "windows-1252")


@pytest.mark.parametrize(
    ("codec", "name", "text"),
    [
        ("cp1251", "windows-1251", RUSSIAN),
        ("koi8_r", "koi8-r", RUSSIAN),
        ("cp932", "shift_jis", JAPANESE),
        ("euc_jp", "euc-jp", JAPANESE),
        ("iso2022_jp", "iso-2022-jp", JAPANESE),
        ("gb18030", "gb18030", CHINESE),
        ("cp949", "euc-kr", KOREAN),
        ("cp1252", "windows-1252", SPANISH),
        ("cp1252", "windows-1252", GERMAN),
        ("cp1250", "windows-1250", POLISH),
        ("iso8859_2", "iso-8859-2", POLISH),
        ("cp1250", "windows-1250", CZECH),
    ],
)
def test_detection(codec: str, name: str, text: str) -> None:
    html = f"<html><head><title>{text[:20]}</title></head><body><div class=a>{text}</div><p>{text}</body></html>"
    assert decode(html.encode(codec))[:2] == (html, name)


def test_detection_takes_bounded_time() -> None:
    data = b"<p>" + bytes(range(0x80, 0x100)) * 40_000
    start = time.perf_counter()
    decode(data)
    assert time.perf_counter() - start < 5


# Damaged and unusual pages


@pytest.mark.parametrize("depth", [300, 2000])
def test_deep_nesting_is_kept(depth: int) -> None:
    page = parse("<body>" + "<div>" * depth + "deep" + "</div>" * depth + "<p>after")
    assert len(page.root.findall(".//div")) == depth
    assert "deep" in text_of(page)
    assert page.root.xpath("string(/html/body/p)") == "after"
    assert page.notes == ()


@pytest.mark.parametrize("errors", [0, 300])
def test_nesting_beyond_the_cap_is_noted(errors: int) -> None:
    page = parse("<p>before</x>" * (errors or 1) + "<div>" * 5000 + "deep")
    assert "before" in text_of(page)
    assert any("2048" in note for note in page.notes)


@pytest.mark.parametrize("end", ["</body></html>", "</BODY ></html\n>", "</html>", "</body>", "</body foo>\n</html/>"])
def test_content_after_premature_end(end: str) -> None:
    page = parse(f"<html><body><p>one</p>{end}<p>two</p>{end}<p>three</p></body></html>")
    assert page.root.xpath("/html/body/p/text()") == ["one", "two", "three"]


def test_similar_end_tags_are_kept() -> None:
    page = parse("<html><body><htmlx>a</htmlx><body-part>b</body-part>c")
    assert [element.tag for element in page.root.iter()] == ["html", "body", "htmlx", "body-part"]


@pytest.mark.parametrize("html", ["<p>a\x00b", b"<p>a\x00b"])
def test_nul_is_removed(html: str | bytes) -> None:
    page = parse(html)
    assert body_text(page) == "ab"
    assert any("NUL" in note for note in page.notes)


def test_frameset_with_noframes() -> None:
    page = parse(
        "<html><head><title>t</title></head><frameset cols='1,2'><frame src=a.html>"
        "<frameset><frame src=b.html></frameset><noframes><body><p>for <b>old</b> browsers</p></body>"
        "</noframes></frameset></html>"
    )
    assert page.root.xpath("string(//body//p)") == "for old browsers"
    assert page.root.xpath("string(//title)") == "t"
    assert any("frameset" in note for note in page.notes)


@pytest.mark.parametrize("encoding", ["utf-8", "iso-8859-1", "utf-16"])
def test_xhtml_with_declaration(encoding: str) -> None:
    html = (
        f'\n<?xml version="1.0" encoding="{encoding}"?>\n'
        '<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN"'
        ' "http://www.w3.org/TR/xhtml1/DTD/xhtml1-strict.dtd">\n<html xmlns="http://www.w3.org/1999/xhtml">'
        "<head><title/></head><body><p>größer</p><br/></body></html>"
    )
    for source in (html, html.encode()):
        page = parse(source)
        assert page.root.tag == "html"
        assert "größer" in text_of(page)


@pytest.mark.parametrize(
    "html", ["before<html><body><p>in</p></body></html>after", "before<!DOCTYPE html><html><p>in</html>after"]
)
def test_text_outside_body(html: str) -> None:
    assert body_text(parse(html)) == "beforeinafter"


def test_plain_text() -> None:
    page = parse("Just words & 1 < 2.\n\nNo tag.")
    assert body_text(page) == "Just words & 1 < 2.\n\nNo tag."


@pytest.mark.parametrize(
    "html",
    [
        "<!-- a --><!-- b -->",
        "<!DOCTYPE html>",
        "<!",
        "<?xml",
        '<?xml version="1.0"?>',
        "</p>",
        "</body></html>",
    ],
)
def test_nothing_but_comments_or_doctype(html: str) -> None:
    for source in (html, html.encode()):
        page = parse(source)
        assert page.root.tag == "html"
        assert body_text(page) == ""
        assert page.root.getroottree().getroot() is page.root


@pytest.mark.parametrize(
    "html", ["<svg><text>a</text></svg>", "<title>a</title>", "<html>a", "<p>a", "<x:y>a</x:y>", "<math>a"]
)
def test_root_is_html_with_a_body(html: str) -> None:
    page = parse(html)
    assert page.root.tag == "html"
    assert page.root.find("body") is not None
    assert page.root.getparent() is None
    assert text_of(page) == "a"


def test_surrogates() -> None:
    page = parse("<p>a\ud800b \ud83d\ude00")
    assert body_text(page) == "a\ufffdb \U0001f600"
    assert any("urrogates" in note for note in page.notes)


@pytest.mark.parametrize(
    "name", ["script", "style", "textarea", "title", "noscript", "xmp", "plaintext", "select", "!--"]
)
def test_element_that_never_ends(name: str) -> None:
    page = parse(f"<p>before</p><{name}>" + "inside " * 1000)
    assert "before" in text_of(page)


def test_huge_attribute() -> None:
    page = parse(f"<p title='{'x' * 12_000_000}'>text</p>")
    assert body_text(page) == "text"
    assert len(page.root.xpath("//p")[0].get("title")) == 12_000_000


def test_thousands_of_attributes_take_no_quadratic_time() -> None:
    attributes = " ".join(f'a{i}="v"' for i in range(100_000))
    start = time.perf_counter()
    page = parse(f"<p>before<p class=x {attributes}>text</p><p>after")
    assert time.perf_counter() - start < 5
    assert page.root.xpath("//p/text()") == ["before", "text", "after"]
    assert page.root.xpath("//p[2]")[0].get("class") == "x"
    assert any("attributes" in note for note in page.notes)


@pytest.mark.parametrize("quote", ['"', "'"])
def test_long_markup_inside_an_attribute_is_left_alone(quote: str) -> None:
    inner = "<path d=&quot;" + " ".join(f"M {i}.5" for i in range(20_000)) + "&quot;/>"
    page = parse(f"<p data-x={quote}{inner}{quote}>text")
    assert page.root.xpath("string(//p/@data-x)") == inner.replace("&quot;", '"')
    assert page.notes == ()


def test_long_scripts_are_left_alone() -> None:
    code = "if(i<n " + " ".join(f"a{i}" for i in range(20_000)) + ")"
    page = parse(f"<script>{code}</script><style>{code}</style><p>text")
    assert page.root.xpath("//script/text() | //style/text()") == [code, code]
    assert body_text(parse(f"<body><!-- {code} --><p>text")) == "text"
    assert page.notes == ()


@pytest.mark.parametrize(
    "html",
    [
        "<" * 500_000,
        "<!--" * 300_000,
        "</body " * 200_000,
        "<meta " * 200_000,
        "&" * 500_000,
        "<a b='" * 200_000,
        "<a " * 200_000,
        "<a =" * 200_000,
        ("<a '" + "x " * 5000) * 100,
        "<a" + "=" * 500_000,
        "<a b" + " " * 500_000,
        "<?xml " * 200_000,
        "</html" + " " * 1_000_000,
        "<b>" * 300_000 + "</i>" * 300_000,
    ],
)
def test_repeated_markup_takes_linear_time(html: str) -> None:
    start = time.perf_counter()
    parse(html)
    parse(html.encode() + b"\xe4\xff")
    assert time.perf_counter() - start < 10


def test_control_characters_stay() -> None:
    assert body_text(parse("<p>a\x01\x0b\x1b\x7f\x85b")) == "a\x01\x0b\x1b\x7f\x85b"


def test_comments_stay() -> None:
    page = parse("<p>a<!-- note -->b")
    assert [str(comment.text) for comment in page.root.iter(etree.Comment)] == [" note "]


def test_url_is_passed_on() -> None:
    assert parse("<p>a", url="https://example.org/a").url == "https://example.org/a"


def test_bytes_and_text_give_the_same_tree() -> None:
    html = f"<meta charset=gb2312><p>{RUSSIAN}<b>&nbsp;&eacute;</p><i>{JAPANESE}</b></html>\U0001f600"
    assert etree.tostring(parse(html).root) == etree.tostring(parse(html.encode()).root)


# What is refused


@pytest.mark.parametrize(
    "html",
    [
        "",
        " \n\t",
        "\ufeff",
        "\u2003\xa0\n",
        "\x00\x00",
        b"",
        b" \r\n",
        b"\xef\xbb\xbf",
        b"\xff\xfe",
        b"\x00",
        b"\xc2\xa0 ",
    ],
)
def test_empty_page(html: str | bytes) -> None:
    with pytest.raises(EmptyPageError, match=r"empty.*\."):
        parse(html)


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj", "PDF"),
        (b"\n%PDF-1.4 text only", "PDF"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "PNG"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "JPEG"),
        (b"GIF89a\x01\x00\x01\x00", "GIF"),
        (b"PK\x03\x04\x14\x00", "ZIP"),
        (gzip.compress(b"<p>page", mtime=0), "gzip.*decompress it first"),
        (b"\x7fELF\x02\x01\x01", "ELF"),
        (b"\x00\x00\x00\x18ftypmp42", "MP4"),
        (b"RIFF\x24\x00\x00\x00WEBPVP8 ", "WEBP"),
        (b"WARC/1.0\r\nWARC-Type: response\r\n", "WARC"),
        (zlib.compress(b"".join(i.to_bytes(3, "big") for i in range(5000))), "binary"),
        (b"\x00" * 5000, "binary"),
    ],
)
def test_not_html(data: bytes, kind: str) -> None:
    with pytest.raises(NotHTMLError, match=rf"not a web page.*{kind}.*\."):
        parse(data)


def test_pdf_as_text_is_refused() -> None:
    with pytest.raises(NotHTMLError, match="PDF"):
        parse("%PDF-1.7\n1 0 obj")


# Nothing else is ever raised

PIECES = st.sampled_from(
    [
        "<html>",
        "</html>",
        "<body>",
        "</body>",
        "<p>",
        "</p>",
        "<div class='",
        "'",
        '"',
        "<!--",
        "-->",
        "<![CDATA[",
        "]]>",
        "<script>",
        "</script>",
        "<svg>",
        "<table>",
        "<td>",
        "<frameset>",
        "<noframes>",
        "<textarea>",
        "<?xml version='1.0'",
        " encoding='utf-16'?>",
        "<meta charset=",
        "gb2312",
        "utf-16",
        ">",
        "<",
        "/",
        "&#xD800;",
        "&#0;",
        "&amp",
        "\x00",
        "\ud800",
        "\ufeff",
        "\uffff",
        "ü",
        "字",
        "\U0001f600",
        " ",
        "\n",
        "<plaintext>",
        "<template>",
        "<select>",
        "<a:b c:d=e>",
    ]
)
CHARSETS = st.none() | st.sampled_from(["utf-8", "utf-16", "gb2312", "shift_jis", "x"]) | st.text(max_size=10)


def check(html: str | bytes, charset: str | None) -> None:
    try:
        page = parse(html, charset=charset)
    except (EmptyPageError, NotHTMLError):
        return
    assert page.root.tag == "html"
    assert page.root.find("body") is not None
    assert page.root.getparent() is None
    assert all(note.endswith(".") for note in page.notes)
    text_of(page).encode("utf-8")


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=400), CHARSETS)
def test_random_bytes(data: bytes, charset: str | None) -> None:
    check(data, charset)
    text, _, _ = decode(data, charset=charset)
    text.encode("utf-8")


@settings(max_examples=200, deadline=None)
@given(st.text(st.characters(codec=None), max_size=300), CHARSETS)
def test_random_text(html: str, charset: str | None) -> None:
    check(html, charset)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(PIECES | st.text(max_size=5), max_size=40),
    CHARSETS,
    st.sampled_from(["utf-8", "utf-16", "gb18030"]),
)
def test_mutated_html(pieces: list[str], charset: str | None, codec: str) -> None:
    html = "".join(pieces)
    check(html, charset)
    check(html.encode(codec, "replace"), charset)
    check(html.encode(codec, "replace")[:-1], None)


@pytest.mark.parametrize("tag", ["main", "section", "article", "details", "dialog", "header", "nav", "my-box", "p"])
def test_a_page_need_not_say_where_its_head_ends(tag: str) -> None:
    root = parse(f"<!DOCTYPE html><meta charset=utf-8><title>T</title><{tag}>One</{tag}><p>Two</p>").root
    assert [child.tag for child in root] == ["head", "body"]
    assert [child.tag for child in root.find("head")] == ["meta", "title"]
    assert [child.text for child in root.find("body")] == ["One", "Two"]


def test_what_a_head_may_hold_stays_there() -> None:
    html = (
        "<head><title>T</title><noscript><img src=x>Text</noscript><template>A</template></head><body>Two<p>Three</p>"
    )
    root = parse(html).root
    assert [child.tag for child in root.find("head")] == ["title", "noscript", "template"]
    assert root.find("body").text == "Two"
    # Without a body, this is all there is.
    root = parse("<title>T</title><noscript>Turn scripts on</noscript>").root
    assert "".join(root.find("body").itertext()) == "Turn scripts on"
