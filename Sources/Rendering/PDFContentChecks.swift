import Support

/// What is drawn on the pages, and with what.
struct PDFContentChecks {
  let document: QPDFDocument

  private typealias Object = QPDFDocument.Object

  /// ISO 32000-1, table A.1, less what calls PostScript, and colours of four inks.
  private static let operators: Set<String> = [
    "b", "B", "b*", "B*", "BDC", "BMC", "BT", "BX", "c", "cm", "CS", "cs", "d", "d0", "d1", "Do", "DP", "EMC", "ET",
    "EX",
    "f", "F", "f*", "G", "g", "gs", "h", "i", "j", "J", "l", "m", "M", "MP", "n", "q", "Q", "re", "RG", "rg", "ri", "s",
    "S", "SC", "sc", "SCN", "scn", "sh", "T*", "Tc", "Td", "TD", "Tf", "Tj", "TJ", "TL", "Tm", "Tr", "Ts", "Tw", "Tz",
    "v", "w", "W", "W*", "y", "'", "\"",
  ]
  private static let resources = [
    "Tf": "/Font", "Do": "/XObject", "gs": "/ExtGState", "sh": "/Shading",
  ]
  private static let intents: Set<String> = [
    "/RelativeColorimetric", "/AbsoluteColorimetric", "/Perceptual", "/Saturation",
  ]
  private static let blendModes: Set<String> = [
    "/Normal", "/Compatible", "/Multiply", "/Screen", "/Overlay", "/Darken", "/Lighten", "/ColorDodge", "/ColorBurn",
    "/HardLight", "/SoftLight", "/Difference", "/Exclusion", "/Hue", "/Saturation", "/Color", "/Luminosity",
  ]

  func check(_ faults: inout PDFFaults) throws(Problem) {
    for (index, page) in document.pages.enumerated() {
      let contents = document.value(page, "/Contents")
      var bytes: [UInt8] = []
      for stream in contents.map({ document.isArray($0) ? document.items($0) : [$0] }) ?? []
      where document.isStream(stream) {
        bytes += try document.bytes(of: stream, atMost: 1 << 28) + [10]
      }
      check(bytes, document.value(page, "/Resources"), "page \(index + 1)", &faults)
    }
    for object in document.objects {
      switch document.value(object, "/Type").flatMap(document.name) {
      case "/XObject": try check(xObject: object, &faults)
      case "/ExtGState": check(state: object, &faults)
      default:
        if document.value(object, "/Subtype").flatMap(document.name) == "/Image" { try check(xObject: object, &faults) }
      }
    }
    for page in document.pages {
      let states = document.value(page, "/Resources").flatMap { document.value($0, "/ExtGState") }
      for key in states.map(document.keys) ?? [] {
        if let state = states.flatMap({ document.value($0, key) }) { check(state: state, &faults) }
      }
    }
  }

  private func check(_ bytes: [UInt8], _ resources: Object?, _ place: String, _ faults: inout PDFFaults) {
    var depth = 0
    for (word, operands) in ContentOperations(bytes) {
      switch word {
      case "q":
        depth += 1
        if depth > 28 { faults.add(.archive, "6.1.13", "\(place): states are nested deeper than 28") }
      case "Q": depth -= 1
      case "k", "K": faults.add(.archive, "6.2.4.3", "\(place): a colour of four inks, which the output intent has not")
      case "ri":
        let name = operands.last.map { String(decoding: bytes[$0.range], as: UTF8.self) } ?? ""
        if !Self.intents.contains(name) { faults.add(.archive, "6.2.6", "\(place): the rendering intent \(name)") }
      case "Tf", "Do", "gs", "sh":
        guard let name = operands.first.map({ String(decoding: bytes[$0.range], as: UTF8.self) }),
          name.hasPrefix("/"), let kind = Self.resources[word]
        else { continue }
        if resources.flatMap({ document.value($0, kind) }).flatMap({ document.value($0, name) }) == nil {
          faults.add(.archive, "6.2.2", "\(place): \(name) is drawn with, and is none of its resources")
        }
      case let other where !Self.operators.contains(other):
        faults.add(.archive, "6.2.2", "\(place): \(other) is no operator")
      default: continue
      }
    }
  }

  private func check(xObject object: Object, _ faults: inout PDFFaults) throws(Problem) {
    switch document.value(object, "/Subtype").flatMap(document.name) {
    case "/Image":
      if document.value(object, "/Interpolate").map(document.isTrue) == true {
        faults.add(.archive, "6.2.8.1", "a picture is smoothed by viewers (/Interpolate)")
      }
      for key in ["/Alternates", "/OPI"] where document.value(object, key) != nil {
        faults.add(.archive, "6.2.8.1", "a picture has \(key)")
      }
      let space = document.value(object, "/ColorSpace").flatMap(document.name)
      let isMask = document.value(object, "/ImageMask").map(document.isTrue) == true
      if !isMask, space != "/DeviceRGB", space != "/DeviceGray" {
        faults.add(.archive, "6.2.4.3", "a picture's colours are neither sRGB nor grey")
      }
    case "/Form":
      for key in ["/OPI", "/Ref", "/PS"] where document.value(object, key) != nil {
        faults.add(.archive, "6.2.9", "a form has \(key)")
      }
      if document.value(object, "/Ref") != nil { faults.add(.universalAccess, "7.20", "a form refers to another file") }
      let bytes = try document.bytes(of: object, atMost: 1 << 28)
      check(bytes, document.value(object, "/Resources"), "a form", &faults)
    case let kind: faults.add(.archive, "6.2.9", "an object of the kind \(kind ?? "none")")
    }
  }

  private func check(state: Object, _ faults: inout PDFFaults) {
    for key in ["/TR", "/HTP", "/HTO"] where document.value(state, key) != nil {
      faults.add(.archive, "6.2.5", "a graphics state has \(key)")
    }
    if let mode = document.value(state, "/BM").flatMap(document.name), !Self.blendModes.contains(mode) {
      faults.add(.archive, "6.2.10", "colours are mixed by \(mode)")
    }
  }
}

/// Whether all fonts are there, and say what their glyphs stand for.
struct PDFFontChecks {
  let document: QPDFDocument

  private typealias Object = QPDFDocument.Object

  func check(_ faults: inout PDFFaults) throws(Problem) {
    for object in document.objects where document.value(object, "/Type").flatMap(document.name) == "/Font" {
      let kind = document.value(object, "/Subtype").flatMap(document.name) ?? "none"
      let name = document.value(object, "/BaseFont").flatMap(document.name).map { String($0.dropFirst()) } ?? "a font"
      switch kind {
      case "/Type0": try check(composite: object, name, &faults)
      case "/CIDFontType0", "/CIDFontType2": check(descendant: object, kind, name, &faults)
      case "/Type1", "/TrueType":
        checkEmbedded(object, name, &faults)
        try checkMeaning(object, name, &faults)
        let encoding = document.value(object, "/Encoding").flatMap(document.name)
        if kind == "/TrueType", encoding != "/WinAnsiEncoding", encoding != "/MacRomanEncoding" {
          faults.add(access: "7.21.6", archive: "6.2.11.6", "\(name) has no encoding that is known")
        }
        let count = document.value(object, "/Widths").map { document.items($0).count } ?? 0
        let first = document.value(object, "/FirstChar").flatMap(document.integer) ?? 0
        let last = document.value(object, "/LastChar").flatMap(document.integer) ?? -1
        if count != last - first + 1 { faults.add(access: "7.21.5", archive: "6.2.11.5", "\(name) lacks widths") }
      default: faults.add(access: "7.21.3", archive: "6.2.11.2", "\(name) is a font of the kind \(kind)")
      }
    }
  }

  private func check(composite font: Object, _ name: String, _ faults: inout PDFFaults) throws(Problem) {
    let encoding = document.value(font, "/Encoding").flatMap(document.name)
    if encoding != "/Identity-H", encoding != "/Identity-V" {
      faults.add(access: "7.21.3.3", archive: "6.2.11.3.3", "\(name) has a character map that is not embedded")
    }
    try checkMeaning(font, name, &faults)
  }

  private func check(descendant font: Object, _ kind: String, _ name: String, _ faults: inout PDFFaults) {
    checkEmbedded(font, name, &faults)
    if kind == "/CIDFontType2", document.value(font, "/CIDToGIDMap") == nil {
      faults.add(access: "7.21.3.2", archive: "6.2.11.3.2", "\(name) does not say which glyph a character is")
    }
    let system = document.value(font, "/CIDSystemInfo")
    if system.flatMap({ document.value($0, "/Ordering") }).flatMap(document.text) != "Identity" {
      faults.add(access: "7.21.3.1", archive: "6.2.11.3.1", "\(name) is of another character collection than Identity")
    }
    if document.value(font, "/W") == nil, document.value(font, "/DW") == nil {
      faults.add(access: "7.21.5", archive: "6.2.11.5", "\(name) lacks widths")
    }
    if document.value(font, "/FontDescriptor").flatMap({ document.value($0, "/CIDSet") }) != nil {
      faults.add(access: "7.21.4.2", archive: "6.2.11.4.2", "\(name) has a CIDSet, which reports leave out")
    }
  }

  private func checkEmbedded(_ font: Object, _ name: String, _ faults: inout PDFFaults) {
    let descriptor = document.value(font, "/FontDescriptor")
    let keys = descriptor.map(document.keys) ?? []
    if !keys.contains(where: { $0.hasPrefix("/FontFile") }) {
      faults.add(access: "7.21.4.1", archive: "6.2.11.4.1", "\(name) is not embedded")
    }
  }

  private func checkMeaning(_ font: Object, _ name: String, _ faults: inout PDFFaults) throws(Problem) {
    guard let table = document.value(font, "/ToUnicode"), document.isStream(table) else {
      faults.add(access: "7.21.7", archive: "6.2.11.7.2", "\(name) does not say what its glyphs stand for")
      return
    }
    let text = String(decoding: try document.bytes(of: table, atMost: 1 << 24), as: UTF8.self)
    let isComposite = document.value(font, "/Subtype").flatMap(document.name) == "/Type0"
    var isMap = false
    for line in text.split(whereSeparator: \.isNewline) {
      if line.hasSuffix("beginbfchar") || line.hasSuffix("beginbfrange") { isMap = true }
      if line.hasPrefix("endbf") { isMap = false }
      guard isMap else { continue }
      let words = line.matches(of: /<([0-9A-Fa-f]+)>/).map { String($0.1) }
      guard let code = words.first, let meaning = words.last, words.count > 1 else { continue }
      if ["0000", "feff", "fffe"].contains(meaning.lowercased()) {
        faults.add(access: "7.21.7", archive: "6.2.11.7.2", "\(name) has glyphs that stand for nothing")
      }
      if isComposite, Int(code, radix: 16) == 0 {
        faults.add(access: "7.21.8", archive: "6.2.11.8", "\(name) draws the glyph of what it has not")
      }
    }
  }
}
