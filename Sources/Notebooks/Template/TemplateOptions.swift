import Support

/// The YAML of templates: front matter, and what stands between the fences of a cell.
enum TemplateOptions {
  /// - Parameters:
  ///   - firstLine: of the template, 1-based, on which the YAML's first line stands.
  ///   - what: how messages call the whole: "the cell `mod-table`".
  ///   - known: the names that options may have.
  /// - Throws: `Problem` of kind `.usage` when the text is not YAML or not a mapping, or has an unknown option.
  static func read(
    _ yaml: String, file: String, firstLine: Int, what: String, known: [String]
  ) throws(Problem) -> MappingReader {
    // What a template is made of stands on a line; columns within it would be those of the YAML alone.
    let place = { (line: Int, _: Int) in Place(file: file, line: firstLine + line - 1) }
    let root = try YAMLDocument.parseIfAny(yaml, place: place)
    return try MappingReader(
      root ?? YAMLValue(content: .mapping([]), place: place(1, 1)), path: "", known: known,
      words: MappingReader.Words(whole: what, key: "option", keys: "options"))
  }
}
