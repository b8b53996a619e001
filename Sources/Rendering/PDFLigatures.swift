import Support

/// Says of each ligature what it stands for where the font says what its glyphs stand for.
///
/// Cairo takes the glyph of "tt" for a private character of the font, and corrects it by an `ActualText` around every
/// place where it is drawn. That is right but long, and poppler, when it reads the structure, takes the end of each for the
/// end of the paragraph. Here the correction goes into the font's table of characters, once.
struct PDFLigatures {
  let document: QPDFDocument

  /// A glyph that is drawn alone within an `ActualText`.
  private struct Correction {
    /// Of the lines of the page: those of the beginning and of the end of the marked content.
    var lines: (begin: Int, end: Int)
    /// The font's ToUnicode stream.
    var table: QPDFDocument.Object
    var key: Key
    /// UTF-16 in hexadecimal digits.
    var text: [UInt8]
  }

  private struct Key: Hashable {
    var table: [Int32]
    /// Four hexadecimal digits.
    var glyph: [UInt8]
  }

  func write() throws(Problem) {
    var pages: [(stream: QPDFDocument.Object, lines: [ArraySlice<UInt8>], corrections: [Correction])] = []
    var texts: [Key: [UInt8]] = [:]
    var tables: [[Int32]: QPDFDocument.Object] = [:]
    var unclear: Set<Key> = []
    for page in document.pages {
      guard let stream = document.value(page, "/Contents"), document.isStream(stream) else { continue }
      let lines = try document.bytes(of: stream).split(separator: 10, omittingEmptySubsequences: false)
      let found = corrections(in: lines, page: page)
      for correction in found {
        if let known = texts[correction.key], known != correction.text { unclear.insert(correction.key) }
        texts[correction.key] = correction.text
        tables[correction.key.table] = correction.table
      }
      pages.append((stream, lines, found))
    }
    // What a table has no entry for stays as it is.
    var corrected: Set<Key> = []
    for (name, table) in tables {
      let wanted = texts.filter { $0.key.table == name && !unclear.contains($0.key) }
      corrected.formUnion(try correct(table, name, wanted))
    }
    for (stream, lines, corrections) in pages {
      var dropped: Set<Int> = []
      for correction in corrections where corrected.contains(correction.key) {
        dropped.formUnion([correction.lines.begin, correction.lines.end])
      }
      guard !dropped.isEmpty else { continue }
      let kept = lines.indices.filter { !dropped.contains($0) }.map { lines[$0] }
      document.replace(stream, by: Array(kept.joined(separator: [10])))
    }
  }

  private static let begin = Array("/Span << /ActualText <feff".utf8)
  private static let beginEnd = Array("> >> BDC".utf8)
  private static let end = Array("EMC".utf8)

  private func corrections(in lines: [ArraySlice<UInt8>], page: QPDFDocument.Object) -> [Correction] {
    let fonts = document.value(page, "/Resources").flatMap { document.value($0, "/Font") }
    var found: [Correction] = []
    var font: String?
    var open: (line: Int, text: [UInt8])?
    var glyphs: [[UInt8]] = []
    for (index, line) in lines.enumerated() {
      // The rest of a text that goes on from the line before is no operator.
      if index > 0, lines[index - 1].last == UInt8(ascii: "\\") { continue }
      if line.starts(with: Self.begin), line.suffix(Self.beginEnd.count).elementsEqual(Self.beginEnd) {
        open = (index, Array(line.dropFirst(Self.begin.count).dropLast(Self.beginEnd.count)))
        glyphs = []
      } else if line.elementsEqual(Self.end) {
        if let open, glyphs.count == 1, glyphs[0].count == 4, let font,
          let table = fonts.flatMap({ document.value($0, font) }).flatMap({ document.value($0, "/ToUnicode") }),
          let identity = document.identity(table)
        {
          found.append(
            Correction(
              lines: (open.line, index), table: table, key: Key(table: identity, glyph: glyphs[0]), text: open.text))
        }
        open = nil
      } else if line.hasSuffix(" Tf") {
        // "BT" may stand before it.
        let words = line.split(separator: 32)
        font = words.count >= 3 ? String(decoding: words[words.count - 3], as: UTF8.self) : nil
      } else if open != nil, line.hasSuffix("Tj") || line.hasSuffix("TJ") {
        // A text in parentheses is another glyph, unless it is empty.
        let parts = line.split(separator: UInt8(ascii: "<"), omittingEmptySubsequences: false).dropFirst()
        // "[<>-96<0001>]TJ" is a step and a glyph.
        glyphs += parts.map { Array($0.prefix { $0 != UInt8(ascii: ">") }) }.filter { !$0.isEmpty }
        for (a, b) in zip(line, line.dropFirst()) where a == UInt8(ascii: "(") && b != UInt8(ascii: ")") {
          glyphs.append([])
        }
      }
    }
    return found
  }

  /// Puts the texts into a table.
  /// - Returns: those that it had an entry for.
  private func correct(
    _ table: QPDFDocument.Object, _ name: [Int32], _ wanted: [Key: [UInt8]]
  ) throws(Problem) -> Set<Key> {
    var lines = try document.bytes(of: table).split(separator: 10, omittingEmptySubsequences: false)
    var corrected: Set<Key> = []
    for index in lines.indices {
      // "<0002> <e051>"
      let words = lines[index].split(separator: 32)
      guard words.count == 2, words.allSatisfy({ $0.first == UInt8(ascii: "<") && $0.last == UInt8(ascii: ">") }) else {
        continue
      }
      let key = Key(table: name, glyph: Array(words[0].dropFirst().dropLast()))
      guard let text = wanted[key], words[0].count == 6 else { continue }
      // The range of all codes looks the same.
      if index > 0, lines[index - 1].hasSuffix("begincodespacerange") { continue }
      var line = Array("<".utf8)
      line += key.glyph
      line += Array("> <".utf8)
      line += text
      line += Array(">".utf8)
      lines[index] = line[...]
      corrected.insert(key)
    }
    if !corrected.isEmpty { document.replace(table, by: Array(lines.joined(separator: [10]))) }
    return corrected
  }
}

extension ArraySlice<UInt8> {
  fileprivate func hasSuffix(_ text: String) -> Bool { suffix(text.utf8.count).elementsEqual(text.utf8) }
}
