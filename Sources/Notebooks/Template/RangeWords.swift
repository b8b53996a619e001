import Figures
import Results
import Support

extension Values {
  /// "between 0.070 (Xception) and 0.308 (VGG16)"; "0.070" where there is one, or where all are printed alike: nothing lies
  /// between a number and itself.
  /// - Parameter ascending: least first, each with whose it is.
  static func range(_ ascending: [(text: String, name: String)], joint: String = "") -> String {
    guard let least = ascending.first, let most = ascending.last else { return "–" }
    return least.text == most.text
      ? joint + least.text : "between \(least.text) (\(least.name)) and \(most.text) (\(most.name))"
  }

  /// "24% to 61%"; "24%" where both are printed alike.
  static func range(_ least: String, to most: String) -> String { least == most ? least : "\(least) to \(most)" }

  /// What there is no value of that name, with one that may have been meant.
  static func unknown(_ name: String, at place: Place) -> Problem {
    .usage(
      at: place, name.isEmpty ? "`{{ }}` is empty" : "unknown value `\(name)`",
      remedy: closestMatch(to: name, in: all.map(\.name)).map { "Did you mean `\($0)`?" }
        ?? "All values stand at the end of Documentation/Cells.md, and in `heatdrift cells --markdown`.")
  }

  static let ranges: [ValueDefinition] = [
    define(
      "mods.range",
      "Between which MODs the ranked models lie at the strongest attack, behind “MOD”: “lies between 0.070 (Xception) and 0.308 "
        + "(VGG16)”; “is 0.000 in every ranked model” where all are alike."
    ) { data, _, _ in
      let found = ordered(data) { $0.levels.last?.mod.value }.map { (Numbers.fixed($0.value, 3), $0.name) }
      guard let first = found.first, let last = found.last else { return .text("is not known") }
      if found.count == 1 { return .text("is \(first.0) (\(first.1))") }
      return .text(
        first.0 == last.0
          ? "is \(first.0) in \(found.count == 2 ? "both" : "all \(ValueEvaluator.word(found.count))") models"
          : "lies \(range(found))")
    },
    define(
      "accuracy.sentence",
      "How many clean images the ranked models classify correctly, and how many at the strongest attack; empty where labels are no "
        + "classes or none is ranked."
    ) { data, _, _ in
      let clean = ordered(data) { $0.cleanAccuracy.value }
      let attacked = ordered(data) { $0.levels.last?.accuracy.value }
      guard data.results.labels == .classes, let least = clean.first, let most = clean.last, !attacked.isEmpty else {
        return .text("")
      }
      let who = data.ranking.unranked.isEmpty ? "model" : "ranked model"
      let every = clean.count == 1 ? least.name : clean.count == 2 ? "Both \(who)s" : "Every \(who)"
      let verb = clean.count == 2 ? "classify" : "classifies"
      let share = Numbers.percent(least.value, 1)
      let amount =
        least.value == 1
        ? "every clean image"
        : (share == Numbers.percent(most.value, 1) ? "" : "at least ") + "\(share) of the clean images"
      let values = attacked.map(\.value)
      let end =
        values.max() == 0
        ? "none"
        : values.min() == 1 ? "all" : range(attacked.map { (Numbers.percent($0.value, 1), $0.name) }) + " of the images"
      return .text("\(every) \(verb) \(amount) correctly, and \(end) at the strongest attack.")
    },
    define("dead.sentence", "How many heatmaps are dead, each counted once; empty where none is.") { data, _, _ in
      switch data.results.deadMapCount {
      case 0: .text("")
      case 1: .text("One heatmap is dead, that is, without any positive value.")
      case let count:
        .text("\(ValueEvaluator.word(count).capitalisedFirst) heatmaps are dead, that is, without any positive value.")
      }
    },
  ]

  /// Values of the ranked models, least first; ties keep the experiment's order.
  private static func ordered(
    _ data: ReportData, _ quantity: (SeriesSummary) -> Double?
  ) -> [(value: Double, name: String)] {
    let ranked = Set(data.ranking.ranked.map(\.model.key))
    return data.mains.filter { ranked.contains($0.model.key) }.enumerated()
      .compactMap { entry in quantity(entry.element).map { (entry.offset, $0, entry.element.model.name) } }
      .filter { $0.1.isFinite }.sorted { ($0.1, $0.0) < ($1.1, $1.0) }.map { ($0.1, $0.2) }
  }
}

extension String {
  /// For the beginning of a sentence.
  var capitalisedFirst: String { prefix(1).uppercased() + dropFirst() }
}
