import Support
import Typesetting

/// What a template says about the whole report before its first line of prose.
public struct FrontMatter: Sendable, Hashable {
  public enum Paper: String, Sendable, Hashable, CaseIterable {
    case a4 = "A4"
    case letter = "Letter"
  }

  /// May hold `{{ }}` values, as the subtitle and the running heads may.
  public var title = "{{ title }}"
  public var subtitle: String?
  public var runningHead: String?
  public var runningHeadRight: String?
  public var paper = Paper.a4
  /// Millimetres on all four sides.
  public var margin = 22.0
  /// Points.
  public var textSize = 10.0
  /// Millimetres: what the figures in `figures/` are sized for, `\textwidth` and `\columnwidth` of a paper. Those of the
  /// IEEE's and CVPR's classes unless given.
  public var textWidth = 174.625
  public var columnWidth = 82.55
  /// Of text; figures and tables go over all.
  public var columns = 1
  /// What text and headings are set in: serifs for `classic`, sans serifs for `modern`, unless a font is named.
  public var textFont = Font.Family.serif
  public var headingFont = Font.Family.serif
  /// Whether a page of contents follows the title; of long reports by default.
  public var contents = ContentsRule.beyond(pages: 12)
  /// BCP 47.
  public var language = "en"

  static let options = [
    "title", "subtitle", "running-head", "running-head-right", "paper", "margin", "text-size", "text-width",
    "column-width", "columns", "theme", "text-font", "heading-font", "contents", "language",
  ]

  init(_ yaml: String, file: String) throws(Problem) {
    let reader = try OptionReader(yaml, file: file, cell: nil, firstLine: 2, what: "the front matter")
    try reader.finish(allowed: Self.options)
    title = try reader.text("title") ?? title
    subtitle = try reader.text("subtitle")
    runningHead = try reader.text("running-head")
    runningHeadRight = try reader.text("running-head-right")
    if let choice = try reader.choice("paper", of: Paper.allCases.map(\.rawValue)) {
      paper = Paper(rawValue: choice) ?? paper
    }
    margin = try reader.number("margin", in: 10...60) ?? margin
    textSize = try reader.number("text-size", in: 7...14) ?? textSize
    textWidth = try reader.number("text-width", in: 60...400) ?? textWidth
    columnWidth = try reader.number("column-width", in: 60...400) ?? columnWidth
    columns = try reader.integer("columns", in: 1...2) ?? columns
    if try reader.choice("theme", of: ["classic", "modern"]) == "modern" {
      textFont = .sans
      headingFont = .sans
    }
    let families = ["serif", "sans"]
    if let name = try reader.choice("text-font", of: families) { textFont = Font.Family(rawValue: name) ?? textFont }
    if let name = try reader.choice("heading-font", of: families) {
      headingFont = Font.Family(rawValue: name) ?? headingFont
    }
    switch try reader.choice("contents", of: ["auto", "true", "false"]) {
    case "true": contents = .always
    case "false": contents = .never
    default: break
    }
    language = try reader.text("language") ?? language
  }
}
