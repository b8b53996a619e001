import Support
import Typesetting

/// What a template says about the whole report before its first line of prose.
public struct FrontMatter: Configurable {
  /// Formats of pages.
  public enum Paper: String, Sendable, Hashable, CaseIterable {
    /// 210 x 297 mm; Letter has 216 x 279.
    case a4 = "A4"
    case letter = "Letter"
  }

  /// What text and headings are set in unless a font is named.
  public enum Theme: String, Sendable, Hashable, CaseIterable {
    /// Serifs, and sans serifs.
    case classic, modern

    var font: TextFont { self == .modern ? .sans : .serif }
  }

  /// The fonts that a template can name.
  public enum TextFont: String, Sendable, Hashable, CaseIterable {
    /// Letters with serifs, and without.
    case serif, sans

    var family: Font.Family { self == .sans ? .sans : .serif }
  }

  /// Whether contents follow the title.
  public enum PageOfContents: String, Sendable, Hashable, CaseIterable {
    /// In long reports.
    case auto
    case always = "true"
    case never = "false"

    var rule: ContentsRule {
      switch self {
      case .auto: .beyond(pages: 15)
      case .always: .always
      case .never: .never
      }
    }
  }

  /// In which order models stand throughout a report.
  public enum ModelOrder: String, Sendable, Hashable, CaseIterable {
    /// By MOD at the strongest attack, least first.
    case experiment, drift
  }

  public static let options: [DeclaredOption<Self>] = [
    DeclaredOption("title", \.title, .text, help: "At the top of the first page."),
    DeclaredOption("subtitle", \.subtitle, OptionKind.text.optional(), help: "Under the title."),
    DeclaredOption("running-head", \.runningHead, OptionKind.text.optional(), help: "Above every other page."),
    DeclaredOption(
      "running-head-right", \.runningHeadRight, OptionKind.text.optional(), help: "Above every other page."),
    DeclaredOption("paper", \.paper, .choice, help: "What the report is printed on."),
    DeclaredOption("margin", \.margin, .number(in: .closed(10, 60)), help: "Millimetres on all four sides."),
    DeclaredOption("text-size", \.textSize, .number(in: .closed(7, 14)), help: "Points; all other sizes follow."),
    DeclaredOption(
      "text-width", \.textWidth, .number(in: .closed(60, 400)), help: "Millimetres, of the figures in `figures/`."),
    DeclaredOption(
      "column-width", \.columnWidth, .number(in: .closed(60, 400)), help: "Millimetres, of the narrow ones there."),
    DeclaredOption(
      "columns", \.columns, .wholeNumber(in: 1...2), help: "Of text; titles, figures and tables go over both."),
    DeclaredOption("theme", \.theme, .choice, help: "Serifs, or sans serifs."),
    DeclaredOption(
      "text-font", \.textFont, OptionKind.choice.optional(), standard: "the theme's", help: "Of the text."),
    DeclaredOption(
      "heading-font", \.headingFont, OptionKind.choice.optional(), standard: "the theme's", help: "Of headings."),
    DeclaredOption(
      "number-sections", \.numberSections, .answer,
      help: "Whether headings of the first two levels are numbered, and called by their numbers: “Section 3”."),
    DeclaredOption(
      "order", \.order, .choice,
      help: "Of models in the whole report: the experiment's, or by MOD at the strongest attack, least first."),
    DeclaredOption(
      "contents", \.contents, .choice,
      help: "Contents, below the title and the text before the first heading; `auto`: beyond 15 pages."),
    DeclaredOption("language", \.language, .text, help: "BCP 47: what a screen reader is told."),
  ]

  /// May hold `{{ }}` values, as the subtitle and the running heads may.
  public var title = "{{ title }}"
  /// Under the title.
  public var subtitle: String?
  /// On the left above every page but the first.
  public var runningHead: String?
  /// On the right above every page but the first.
  public var runningHeadRight: String?
  /// Of all pages.
  public var paper = Paper.a4
  /// Millimetres on all four sides.
  public var margin = 22.0
  /// Points.
  public var textSize = 10.0
  /// Millimetres: what the figures in `figures/` are sized for, `\textwidth` and `\columnwidth` of a paper. Those of the
  /// IEEE's and CVPR's classes unless given.
  public var textWidth = 174.625
  /// Millimetres, as `textWidth`.
  public var columnWidth = 82.55
  /// Of text; figures and tables go over all.
  public var columns = 1
  /// Of what names no font.
  public var theme = Theme.classic
  /// Nil for the theme's.
  public var textFont: TextFont?
  /// Nil for the theme's.
  public var headingFont: TextFont?
  /// Whether headings of the first two levels have numbers, by which references call them.
  public var numberSections = false
  /// Of models in the whole report.
  public var order = ModelOrder.experiment
  /// Whether a page of them follows the title.
  public var contents = PageOfContents.auto
  /// BCP 47.
  public var language = "en-GB"

  public init() {}

  /// - Throws: `Problem` of kind `.usage` for what is no YAML, an option that there is not, or a value that it cannot have.
  init(_ yaml: String, file: String) throws(Problem) {
    let keys = try TemplateOptions.read(
      yaml, file: file, firstLine: 2, what: "the front matter", known: Self.optionNames)
    try self.init(reading: keys, .literal)
    // RFC 5646: a language, then a script, a region and others.
    guard language.wholeMatch(of: /[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*/) != nil else {
      throw .usage(
        at: keys.keyPlace("language") ?? keys.place, "`language: \(printable(language))` is no language tag",
        remedy: "Write one of BCP 47: en-GB, de, pt-BR.")
    }
  }
}
