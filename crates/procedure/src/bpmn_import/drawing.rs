//! The drawing itself: elements, flows and lanes out of XML; what is not understood is refused by name.

use super::{Drawing, Flow, Kind, MAX_BYTES, MAX_DEPTH, MAX_NODES, Node, draw_again, wrong};
use crate::{
    Wrong,
    model::{Text, text},
    wrong::line_of_byte,
};
use quick_xml::{
    events::{BytesStart, Event},
    reader::Reader,
};

pub(super) fn read(xml: &[u8]) -> Result<Drawing, Wrong> {
    if xml.len() > MAX_BYTES {
        return Err(wrong(
            1,
            text!("Tệp dài {size} byte.", "The file has {size} bytes.", size = xml.len()),
            text!(
                "Bản vẽ dài nhất {MAX_BYTES} byte; hãy tách bớt thành hồ sơ con.",
                "A drawing has at most {MAX_BYTES} bytes; split it into sub-cases."
            ),
        ));
    }
    let text = std::str::from_utf8(xml).map_err(|_| {
        wrong(
            1,
            text!("Tệp không ở dạng UTF-8.", "The file is not UTF-8."),
            text!("Lưu lại tệp dưới dạng UTF-8.", "Save it as UTF-8."),
        )
    })?;
    let mut reader = Reader::from_str(text);
    reader.config_mut().expand_empty_elements = true;
    let mut scan = Scan { text, drawing: Drawing::default(), open: Vec::new(), lane: None, words: None };
    loop {
        let at = usize::try_from(reader.buffer_position()).unwrap_or(0);
        match reader.read_event() {
            Ok(Event::Start(element)) => scan.start(&element, at)?,
            Ok(Event::End(_)) => scan.end(),
            Ok(Event::Text(words)) => scan.words(&words),
            Ok(Event::DocType(_)) => {
                return Err(wrong(
                    line_of_byte(text, at),
                    text!("Tệp có khai báo DOCTYPE.", "The file declares a document type."),
                    text!(
                        "Bỏ DOCTYPE: chương trình không đọc khai báo kiểu và thực thể.",
                        "Remove the DOCTYPE: document types and entities are not read."
                    ),
                ));
            }
            Ok(Event::GeneralRef(entity)) => {
                let name: &str = &entity;
                if !matches!(name, "amp" | "lt" | "gt" | "quot" | "apos") && !name.starts_with('#') {
                    return Err(wrong(
                        line_of_byte(text, at),
                        text!("Tệp dùng thực thể &{name};.", "The file uses the unknown entity &{name};."),
                        text!("Viết thẳng nội dung chữ.", "Write the text itself."),
                    ));
                }
            }
            Ok(Event::Eof) => break,
            Ok(_) => {}
            Err(why) => {
                let at = usize::try_from(reader.error_position()).unwrap_or(at);
                return Err(wrong(
                    line_of_byte(text, at),
                    text!(
                        "Tệp không phải XML hợp lệ (bộ đọc báo: {why}).",
                        "The file is not XML (the reader says: {why})."
                    ),
                    save_again(),
                ));
            }
        }
    }
    if !scan.open.is_empty() {
        return Err(wrong(
            line_of_byte(text, text.len()),
            text!("Tệp bị đứt giữa chừng.", "The file ends in the middle."),
            save_again(),
        ));
    }
    if scan.drawing.processes == 0 {
        return Err(wrong(
            1,
            text!("Trong tệp không có quy trình (process) nào.", "There is no process in the file."),
            text!("Lưu bản vẽ dưới dạng BPMN 2.0 XML.", "Save the drawing as BPMN 2.0 XML."),
        ));
    }
    Ok(scan.drawing)
}

fn save_again() -> Text {
    text!("Lưu lại tệp bằng công cụ vẽ BPMN.", "Save it again with a BPMN tool.")
}

struct Scan<'a> {
    text: &'a str,
    drawing: Drawing,
    /// Local names of the open elements; whether their insides are read.
    open: Vec<(String, bool)>,
    lane: Option<String>,
    /// The text of a `flowNodeRef`.
    words: Option<String>,
}

/// Parts of BPMN that say nothing about the order of work: read over with all that is in them.
const BESIDE: [&str; 14] = [
    "BPMNDiagram",
    "documentation",
    "extensionElements",
    "incoming",
    "outgoing",
    "conditionExpression",
    "collaboration",
    "textAnnotation",
    "association",
    "ioSpecification",
    "property",
    "laneSetExtension",
    "import",
    "group",
];

impl Scan<'_> {
    fn start(&mut self, element: &BytesStart<'_>, at: usize) -> Result<(), Wrong> {
        let local = element.local_name().as_ref().to_owned();
        let line = line_of_byte(self.text, at + 1);
        if self.open.len() >= MAX_DEPTH {
            return Err(wrong(
                line,
                text!("Các phần tử lồng sâu hơn {MAX_DEPTH} tầng.", "Elements stand deeper than {MAX_DEPTH} levels."),
                text!("Vẽ lại cho phẳng hơn.", "Draw it flat."),
            ));
        }
        let reads = self.open.last().is_none_or(|(_, reads)| *reads) && !BESIDE.contains(&local.as_str());
        if reads {
            self.element(&local, element, line)?;
        }
        self.open.push((local, reads));
        Ok(())
    }

    fn element(&mut self, local: &str, element: &BytesStart<'_>, line: usize) -> Result<(), Wrong> {
        let get = |name: &str| attribute(element, name, line);
        let kind = match local {
            "definitions" | "laneSet" => return Ok(()),
            "process" => {
                self.drawing.processes += 1;
                if self.drawing.processes > 1 {
                    return Err(wrong(
                        line,
                        text!("Tệp có nhiều hơn một quy trình (process).", "There are several processes."),
                        text!("Mỗi lần chỉ nhập một quy trình.", "Import one process at a time."),
                    ));
                }
                self.drawing.name = get("name")?.unwrap_or_default();
                return Ok(());
            }
            "lane" => {
                self.lane = Some(get("name")?.unwrap_or_default());
                return Ok(());
            }
            "flowNodeRef" => {
                self.words = Some(String::new());
                return Ok(());
            }
            "sequenceFlow" => {
                let need = |name: &str| {
                    get(name)?.ok_or_else(|| {
                        wrong(line, text!("Một mũi tên thiếu {name}.", "A flow has no {name}."), draw_again())
                    })
                };
                let flow = Flow {
                    id: get("id")?.unwrap_or_default(),
                    name: get("name")?.unwrap_or_default(),
                    from: need("sourceRef")?,
                    to: need("targetRef")?,
                    line,
                };
                if self.drawing.flows.len() >= MAX_NODES * 4 {
                    return Err(wrong(
                        line,
                        text!("Bản vẽ có quá nhiều mũi tên.", "There are too many flows."),
                        text!("Tách bớt thành hồ sơ con.", "Split the drawing into sub-cases."),
                    ));
                }
                self.drawing.flows.push(flow);
                return Ok(());
            }
            "startEvent" => Kind::Start,
            "endEvent" => Kind::End,
            "exclusiveGateway" => Kind::Gateway,
            "userTask" | "task" | "manualTask" => Kind::Task,
            other => {
                let shown: String = other.chars().take(60).collect();
                return Err(wrong(
                    line,
                    text!("Chương trình không đọc được phần tử “{shown}”.", "The element “{shown}” is not understood."),
                    text!(
                        "Dùng điểm bắt đầu, việc, cổng rẽ nhánh loại trừ, điểm kết thúc và mũi tên; phần khác khai báo \
                         trong toàn văn của dự thảo.",
                        "Use a start, tasks, exclusive gateways, ends and flows; declare the rest in the text of the draft."
                    ),
                ));
            }
        };
        if self.drawing.order.len() >= MAX_NODES {
            return Err(wrong(
                line,
                text!("Bản vẽ có hơn {MAX_NODES} phần tử.", "There are more than {MAX_NODES} elements."),
                text!("Tách bớt thành hồ sơ con.", "Split the drawing into sub-cases."),
            ));
        }
        let id = get("id")?.ok_or_else(|| {
            wrong(line, text!("Một phần tử “{local}” không có id.", "An element “{local}” has no id."), draw_again())
        })?;
        let node = Node { kind, name: get("name")?.unwrap_or_default(), line, default: get("default")? };
        if self.drawing.nodes.insert(id.clone(), node).is_some() {
            return Err(wrong(
                line,
                text!("Có hai phần tử cùng id “{id}”.", "The id “{id}” is there twice."),
                text!("Đặt cho mỗi phần tử một id riêng.", "Give each element its own id."),
            ));
        }
        self.drawing.order.push(id);
        Ok(())
    }

    fn words(&mut self, text: &str) {
        if let Some(words) = &mut self.words {
            words.push_str(text);
        }
    }

    fn end(&mut self) {
        match self.open.pop().as_ref().map(|(name, _)| name.as_str()) {
            Some("flowNodeRef") => {
                if let (Some(id), Some(lane)) = (self.words.take(), &self.lane) {
                    self.drawing.lanes.insert(id.trim().to_owned(), lane.clone());
                }
            }
            Some("lane") => self.lane = None,
            _ => {}
        }
    }
}

fn attribute(element: &BytesStart<'_>, name: &str, line: usize) -> Result<Option<String>, Wrong> {
    for found in element.attributes() {
        let found = found.map_err(|why| {
            wrong(
                line,
                text!(
                    "Một thuộc tính bị hỏng (bộ đọc báo: {why}).",
                    "An attribute is broken (the reader says: {why})."
                ),
                save_again(),
            )
        })?;
        if found.key.as_ref() == name {
            let raw: &str = &found.value;
            let value = quick_xml::escape::unescape(raw).map_err(|_| {
                wrong(
                    line,
                    text!("Thuộc tính {name} dùng một thực thể lạ.", "The attribute {name} uses an unknown entity."),
                    text!("Viết thẳng nội dung chữ.", "Write the text itself."),
                )
            })?;
            let value: String = value.split_whitespace().collect::<Vec<_>>().join(" ");
            return Ok(Some(kernel::text::nfc(&value).chars().take(300).collect()));
        }
    }
    Ok(None)
}
