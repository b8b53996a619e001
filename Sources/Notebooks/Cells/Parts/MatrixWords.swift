import Figures
import Results
import Support

/// What tables that are read as matrices say of their rows and columns.
struct MatrixWords {
  /// More columns than these are too narrow to be read.
  static let most = 12

  private let data: ReportData
  private let summaries: [SeriesSummary]
  private let showsLayer: Bool

  /// - Parameter summaries: the series of one turn.
  init(_ summaries: [SeriesSummary], _ data: ReportData) {
    self.data = data
    self.summaries = summaries
    showsLayer = Dictionary(grouping: summaries, by: \.model.key).values.contains { Set($0.map(\.layer)).count > 1 }
  }

  /// "VGG16", "VGG16 features.29": what the series have in common is said once.
  func label(_ summary: SeriesSummary) -> String { summary.model.name + (showsLayer ? " " + summary.layer : "") }

  /// What a row or column is, for more than one.
  var columns: String { showsLayer ? "layers" : "models" }

  /// " (noise, explained class label)": what all series of the turn have in common, as far as the experiment has
  /// several; empty where it has not.
  func common(attack: Bool, explanation: Bool) -> String {
    guard let first = summaries.first else { return "" }
    let naming = data.naming
    let parts = [
      attack && naming.showsAttack ? naming.attack(first) : nil,
      explanation && naming.showsExplanation ? naming.explanation(first) : nil,
      naming.showsTarget ? "explained class \(first.target.rawValue)" : nil,
    ].compactMap { $0 }
    return parts.isEmpty ? "" : " (\(parts.joined(separator: ", ")))"
  }

  /// A model at a layer each: the first of their series, in order.
  static func models(of series: [SeriesSummary]) -> [SeriesSummary] {
    var found: [SeriesSummary] = []
    for one in series where !found.contains(where: { $0.model.key == one.model.key && $0.layer == one.layer }) {
      found.append(one)
    }
    return found
  }

  /// What all of the counts are; nil where they differ.
  static func common(_ counts: [Int]) -> Int? { Set(counts).count == 1 ? counts.first : nil }

  /// "40 images", "38 to 40 images".
  static func images(_ counts: [Int]) -> String {
    let (least, most) = (counts.min() ?? 0, counts.max() ?? 0)
    if least < most { return "\(Numbers.grouped(least)) to \(Numbers.grouped(most)) images" }
    return most == 1 ? "1 image" : "\(Numbers.grouped(most)) images"
  }

  /// That a matrix prints a part of its columns, as a sentence behind others; empty where it prints all.
  /// - Parameter what: what a column is, for more than one.
  static func cut(_ count: Int, _ what: String) -> String {
    guard count > most else { return "" }
    return " Printed are the first \(most) of \(Numbers.grouped(count)) \(what); the exported table has all."
  }
}
