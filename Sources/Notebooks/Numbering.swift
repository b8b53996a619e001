import Typesetting

/// The numbers of figures and tables in the order of the report, and what references print.
struct Numbering {
  /// Label to "Figure 3", "Figure 3a", "Table 1".
  private(set) var titles: [String: String] = [:]
  /// Whether headings of the first two levels have numbers too.
  var numbersSections = false
  private var figures = 0
  private var tables = 0
  /// Of the last heading, by levels.
  private var section = [0, 0]

  /// "Figure 3", "Table 1"; nil for what has no number.
  mutating func next(_ product: CellProduct) -> String? {
    switch product {
    case .figure:
      figures += 1
      return "Figure \(figures)"
    case .table:
      tables += 1
      return "Table \(tables)"
    case .text: return nil
    }
  }

  mutating func set(_ label: String, _ title: String) { titles[label] = title }

  /// What a figure or table without a label of its own is called: "figure-3".
  mutating func automaticLabel(_ title: String) -> String {
    var label = ReportData.slug(title)
    var count = 1
    while titles[label] != nil {
      count += 1
      label = "\(ReportData.slug(title))-\(count)"
    }
    titles[label] = title
    return label
  }

  /// The same block with numbers at the captions of pictures and tables that have a label.
  /// - Parameter isElsewhere: whether a picture stands in another figure.
  mutating func numbered(_ block: Block, isElsewhere: (String) -> Bool) -> Block? {
    switch block {
    case .picture(let picture, let caption, let label?, let alternative):
      if isElsewhere(label) { return nil }
      return .picture(
        picture, caption: head(.figure, label) + caption, anchor: label, alternative: alternative)
    case .table(let table, let caption, let label?, let alternative):
      return .table(table, caption: head(.table, label) + (caption ?? []), anchor: label, alternative: alternative)
    case .heading(let level, let runs, let anchor) where numbersSections && level <= section.count:
      let number = nextSection(level)
      if let anchor { set(anchor, "Section \(number)") }
      return .heading(level: level, [Inline("\(number)\u{A0}\u{A0}")] + runs, anchor: anchor)
    case .list(let items, let start):
      return .list(
        items.map { item in item.compactMap { numbered($0, isElsewhere: isElsewhere) } }, start: start)
    case .quote(let inner): return .quote(inner.compactMap { numbered($0, isElsewhere: isElsewhere) })
    default: return block
    }
  }

  /// "3", "3.1"; without a level that has had no heading yet.
  private mutating func nextSection(_ level: Int) -> String {
    section[level - 1] += 1
    for deeper in level..<section.count { section[deeper] = 0 }
    return section[..<level].drop { $0 == 0 }.map(String.init).joined(separator: ".")
  }

  private mutating func head(_ product: CellProduct, _ label: String) -> [Inline] {
    guard let title = next(product) else { return [] }
    set(label, title)
    return [Inline(title + ". ", bold: true)]
  }
}

/// A picture of the template's own, with its caption and what it shows.
struct OwnPicture {
  var picture: EncodedPicture
  var caption: [Inline]
  var alternative: String
}

extension Block {
  /// The labels of pictures and tables in it, with whether each is a picture.
  var labels: [(label: String, picture: EncodedPicture?)] {
    switch self {
    case .picture(let picture, _, let label?, _): [(label, picture)]
    case .table(_, _, let label?, _): [(label, nil)]
    case .list(let items, _): items.joined().flatMap(\.labels)
    case .quote(let inner): inner.flatMap(\.labels)
    default: []
    }
  }

  /// The picture of a label.
  func picture(_ wanted: String) -> OwnPicture? {
    switch self {
    case .picture(let picture, let caption, wanted, let alternative):
      OwnPicture(picture: picture, caption: caption, alternative: alternative)
    case .list(let items, _): items.joined().lazy.compactMap { $0.picture(wanted) }.first
    case .quote(let inner): inner.lazy.compactMap { $0.picture(wanted) }.first
    default: nil
    }
  }
}
