import Support

/// What the report looks like and holds; nothing of it changes a number.
public struct ReportOptions: Sendable, Hashable, Codable {
  /// A kind of file that a report is written as.
  public enum Format: String, Sendable, Hashable, Codable, CaseIterable { case pdf, svg, html }

  /// Written where nobody says otherwise.
  public static let standardFormats: [Format] = [.pdf, .svg]

  /// Whether the store keeps the networks' inputs and the directions of attacks, which reports draw.
  public enum KeepPictures: String, Sendable, Hashable, Codable, CaseIterable {
    /// Of all images where they are few; else of those that a report shows.
    case auto
    case always
    case never
  }

  /// What text becomes in SVG files.
  public enum SVGText: String, Sendable, Hashable, Codable, CaseIterable {
    /// Outlines: the same everywhere, without the fonts.
    case paths
    /// Text that can be selected and found.
    case text
  }

  /// A template's name, or a path that ends in `.md`.
  public var template: ExperimentPath
  /// Of further reports on the same results, which stand beside the first.
  public var furtherTemplates: [ExperimentPath] = []
  /// In the order in which they are written.
  public var formats = ReportOptions.standardFormats
  /// Of pages and single figures.
  public var svgText = SVGText.paths
  /// Printed under the title.
  public var authors: [String] = []
  /// As the option `anonymous` has it; a submission has no names either.
  private var leavesNamesOut = false
  /// For systems that take manuscripts: a PDF that is anonymous and has nothing that they refuse, and beside it what was
  /// taken out.
  public var isSubmission = false
  /// They take 20 to 40 KB an image.
  public var keepPictures = KeepPictures.auto

  public init(
    template: ExperimentPath = ExperimentPath(written: "paper", resolved: "paper"),
    formats: [Format] = ReportOptions.standardFormats
  ) {
    self.template = template
    self.formats = formats
  }

  static let options: [DeclaredOption<ReportOptions>] = [
    DeclaredOption(
      "template", \.templates, .templates,
      help: "`paper`, `compare`, `model`, `review`, or a path that ends in .md; of a list, each makes a report."),
    DeclaredOption(
      "formats", \.formats, .formats,
      help: "What is written beside the store and the tables: pages, the same as drawings, one page for a browser."),
    DeclaredOption(
      "svg-text", \.svgText, .choice, help: "`text` can be selected and found, `paths` looks the same everywhere."),
    DeclaredOption(
      "authors", \.authors, OptionKind.text.list(), standard: "none", example: "authors: [A. One]", isQuiet: true,
      help: "Printed under the title."),
    DeclaredOption(
      "anonymous", \.leavesNamesOut, .answer, isQuiet: true,
      help: "As --anonymous: no authors, no names of images, folders and files."),
    DeclaredOption(
      "submission", \.isSubmission, .answer, isQuiet: true,
      help:
        "As --submission: an anonymous PDF 1.5 for systems that take manuscripts, and a .zip of what it does not carry."
    ),
    DeclaredOption(
      "keep-pictures", \.keepPictures, .choice, isQuiet: true,
      help: "Photographs in the store: `auto` all of up to 1,000 images, of more those that the report shows."),
  ]
}

extension OptionKind<ExperimentPath> {
  /// A template's name, or a path that ends in `.md`.
  static var template: OptionKind {
    OptionKind(
      words: "a name or a path",
      read: { value, name, context throws(Problem) in
        let written = try value.text(name)
        let text = try context.filled(value).text(name)
        return text.hasSuffix(".md") || text.contains("/")
          ? try ExperimentPath(value, name, context) : ExperimentPath(written: written, resolved: text)
      }, written: { scalar($0.written) })
  }
}

extension ReportOptions {
  /// Leaves out authors and the names of files.
  public var isAnonymous: Bool {
    get { leavesNamesOut || isSubmission }
    set { leavesNamesOut = newValue }
  }

  /// - Parameter place: for errors; nil for a flag of the command line.
  /// - Throws: `Problem` of kind `.usage` where a submission would have no PDF.
  public func checkSubmission(at place: Place? = nil) throws(Problem) {
    guard isSubmission, !formats.contains(.pdf) else { return }
    throw .usage(
      at: place, "a submission is a PDF, and `report.formats` has none",
      remedy: "Add `pdf` to `formats`, or leave out the submission.")
  }

  /// The first and the further ones; at least one.
  public var templates: [ExperimentPath] {
    get { [template] + furtherTemplates }
    set {
      template = newValue.first ?? template
      furtherTemplates = Array(newValue.dropFirst())
    }
  }

  /// By which the files of a further report are called: its template's name without `.md`.
  public static func reportName(of template: ExperimentPath) -> String {
    let name = template.fileName
    return name.hasSuffix(".md") && name.count > 3 ? String(name.dropLast(3)) : name
  }
}

extension OptionKind<[ExperimentPath]> {
  /// A template, or several.
  static var templates: OptionKind {
    let one = OptionKind<ExperimentPath>.template
    let list = one.list()
    return OptionKind(
      words: "\(one.words), or a list of such",
      read: { value, name, context throws(Problem) in
        let templates = try list.read(value, name, context)
        guard !templates.isEmpty else {
          throw .usage(at: value.place, "`\(name)` is an empty list", remedy: "Name a template, such as `paper`.")
        }
        var seen: Set<String> = []
        for template in templates where !seen.insert(ReportOptions.reportName(of: template)).inserted {
          throw .usage(
            at: value.place,
            "`\(name)` has two templates called `\(ReportOptions.reportName(of: template))`, whose reports would have one name",
            remedy: "Call one of the files otherwise.")
        }
        return templates
      },
      written: { $0.count == 1 ? one.written($0[0]) : list.written($0) },
      shown: { $0.count == 1 ? one.shown($0[0]) : list.shown($0) })
  }
}

extension OptionKind<[ReportOptions.Format]> {
  /// In the order of the formats, not of the list.
  static var formats: OptionKind {
    let list = OptionKind<ReportOptions.Format>.choice
    return OptionKind(
      words: "a list of: \(list.words)",
      read: { value, name, context throws(Problem) in
        var formats: Set<ReportOptions.Format> = []
        for item in try context.filled(value).listOrOne(name) {
          formats.insert(try item.choice(name, of: ReportOptions.Format.self))
        }
        return ReportOptions.Format.allCases.filter(formats.contains)
      }, written: { "[\($0.map(\.rawValue).joined(separator: ", "))]" })
  }
}

extension ReportOptions {
  /// Reports that were stored before there were these options had their defaults.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      template: try container.decode(ExperimentPath.self, forKey: .template),
      formats: try container.decode([Format].self, forKey: .formats))
    svgText = try container.decodeIfPresent(SVGText.self, forKey: .svgText) ?? .paths
    authors = try container.decodeIfPresent([String].self, forKey: .authors) ?? []
    leavesNamesOut = try container.decodeIfPresent(Bool.self, forKey: .isAnonymous) ?? false
    isSubmission = try container.decodeIfPresent(Bool.self, forKey: .isSubmission) ?? false
    keepPictures = try container.decodeIfPresent(KeepPictures.self, forKey: .keepPictures) ?? .auto
    furtherTemplates = try container.decodeIfPresent([ExperimentPath].self, forKey: .furtherTemplates) ?? []
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(template, forKey: .template)
    // Records of one template are as they always were.
    if !furtherTemplates.isEmpty { try container.encode(furtherTemplates, forKey: .furtherTemplates) }
    try container.encode(formats, forKey: .formats)
    try container.encode(svgText, forKey: .svgText)
    try container.encode(authors, forKey: .authors)
    try container.encode(leavesNamesOut, forKey: .isAnonymous)
    // Records of reports that are none are as they always were.
    if isSubmission { try container.encode(true, forKey: .isSubmission) }
    try container.encode(keepPictures, forKey: .keepPictures)
  }

  private enum CodingKeys: String, CodingKey {
    case template, furtherTemplates, formats, svgText, authors, isAnonymous, isSubmission, keepPictures
  }
}
